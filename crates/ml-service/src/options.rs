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
        tool_choice,
    );
    merged
}

#[cfg(test)]
mod tests {
    use inference_core::{OptionKind, Tool, ToolChoice};
    use serde_json::json;

    use super::*;

    #[test]
    fn every_option_is_taken_from_the_weaker_where_it_is_unset() {
        let weak = GenerateOptions::default()
            .model("m")
            .adapter("a")
            .max_tokens(1)
            .temperature(0.1)
            .top_k(1)
            .top_p(0.1)
            .min_p(0.1)
            .repeat_penalty(1.1)
            .repeat_window(1)
            .seed(1)
            .stop(["s"])
            .stop_tokens([1])
            .logprobs(1)
            .schema(json!({}))
            .tools(vec![Tool {
                name: "t".to_owned(),
                description: String::new(),
                parameters: json!({}),
            }])
            .tool_choice(ToolChoice::Required);
        let merged = merge(GenerateOptions::default(), &weak);
        for kind in OptionKind::ALL {
            assert!(merged.is_set(kind), "{}", kind.name());
        }
        let strong = merge(GenerateOptions::default().seed(7), &weak);
        assert_eq!(strong.seed, Some(7));
    }
}
