//! Request options from several places, as one.

use inference_core::GenerateOptions;

/// The request's options, with what they leave unset taken from weaker ones.
pub(crate) fn merge(strong: GenerateOptions, weak: &GenerateOptions) -> GenerateOptions {
    let mut merged = strong;
    macro_rules! fill {
        ($($field:ident),* $(,)?) => {
            $(if merged.$field.is_none() { merged.$field.clone_from(&weak.$field); })*
        };
    }
    fill!(
        model,
        adapter,
        max_tokens,
        temperature,
        top_k,
        top_p,
        min_p,
        repeat_penalty,
        repeat_window,
        seed,
        stop,
        stop_tokens,
        logprobs,
        schema,
        tools,
    );
    merged
}
