//! The system message of a conversation that says none.

use inference_core::ModelInfo;

/// What a model on this machine is told where nothing else was said.
///
/// Many chat templates fall back to a text of their own, which differs from model to model, is
/// seen nowhere, and makes small models answer nonsense.
pub(crate) const DEFAULT: &str = "You are a helpful assistant.";

/// What to send: the words given, nothing for an empty text, and without any words the default,
/// except to a server: that is its operator's to decide.
pub(crate) fn message(given: Option<&str>, model: &ModelInfo) -> Option<String> {
    match given {
        Some("") => None,
        Some(text) => Some(text.to_owned()),
        None if model.backend == "http" => None,
        None => Some(DEFAULT.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_model_of_this_machine_has_a_default() {
        let ours = ModelInfo::new("llama_cpp", "smol");
        let served = ModelInfo::new("http", "smol");
        assert_eq!(message(None, &ours).as_deref(), Some(DEFAULT));
        assert_eq!(message(None, &served), None);
        for model in [&ours, &served] {
            assert_eq!(message(Some(""), model), None);
            assert_eq!(
                message(Some("Be brief."), model).as_deref(),
                Some("Be brief.")
            );
        }
    }
}
