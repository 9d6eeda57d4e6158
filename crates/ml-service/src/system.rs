//! The system message of a conversation that says none.

use inference_core::ModelInfo;

/// What a model on a llama-server of our own is told where nothing else was said.
///
/// Many chat templates fall back to a text of their own, which differs from model to model, is
/// seen nowhere, and makes small models answer nonsense.
const DEFAULT: &str = "You are a helpful assistant.";

/// What to send: the words given, nothing for an empty text, and without any words the default,
/// but only to a llama-server of our own. What a server is told is its operator's to decide, and
/// MLX is told exactly what was said, as mlx-lm's own programs do, so that their answers compare.
pub fn system_message(given: Option<&str>, model: &ModelInfo) -> Option<String> {
    match given {
        Some("") => None,
        Some(text) => Some(text.to_owned()),
        None => (model.backend == "llama_cpp").then(|| DEFAULT.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_llama_server_of_our_own_has_a_default() {
        let named = |backend: &str| ModelInfo::new(backend, "smol");
        let ours = named("llama_cpp");
        let others = ["http", "mlx", "metal"].map(named);
        assert_eq!(system_message(None, &ours).as_deref(), Some(DEFAULT));
        for model in &others {
            assert_eq!(system_message(None, model), None);
        }
        for model in others.iter().chain([&ours]) {
            assert_eq!(system_message(Some(""), model), None);
            assert_eq!(
                system_message(Some("Be brief."), model).as_deref(),
                Some("Be brief.")
            );
        }
    }
}
