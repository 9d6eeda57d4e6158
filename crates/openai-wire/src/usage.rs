//! How many tokens a request took.

use serde::{Deserialize, Serialize};

use crate::lenient::or_default;

/// The `usage` object of a reply or of the last chunk of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Tokens of the prompt, with the template's own.
    #[serde(deserialize_with = "or_default")]
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    #[serde(deserialize_with = "or_default")]
    pub completion_tokens: u64,
    /// The sum of both.
    #[serde(deserialize_with = "or_default")]
    pub total_tokens: u64,
    /// What is known of the prompt's tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens_details: Option<PromptTokensDetails>,
    /// What is known of the answer's tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens_details: Option<CompletionTokensDetails>,
}

/// What is known of a prompt's tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PromptTokensDetails {
    /// Tokens whose KV cache was reused.
    #[serde(deserialize_with = "or_default")]
    pub cached_tokens: u64,
}

/// What is known of an answer's tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompletionTokensDetails {
    /// Tokens the model spent on thinking.
    #[serde(deserialize_with = "or_default")]
    pub reasoning_tokens: u64,
}

impl Usage {
    /// Usage of `prompt` and `completion` tokens.
    pub fn new(prompt: u64, completion: u64) -> Self {
        Self {
            prompt_tokens: prompt,
            completion_tokens: completion,
            total_tokens: prompt.saturating_add(completion),
            ..Self::default()
        }
    }

    /// Tokens of the prompt whose KV cache was reused; 0 where the server does not say.
    pub fn cached_tokens(&self) -> u64 {
        self.prompt_tokens_details
            .as_ref()
            .map_or(0, |details| details.cached_tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_may_be_absent_null_or_there() {
        let check = |json: &str, cached| {
            let usage: Usage = serde_json::from_str(json).expect("parses");
            assert_eq!(usage.prompt_tokens, 5);
            assert_eq!(usage.cached_tokens(), cached);
        };
        check(r#"{"prompt_tokens":5,"completion_tokens":null}"#, 0);
        check(r#"{"prompt_tokens":5,"prompt_tokens_details":null}"#, 0);
        check(
            r#"{"prompt_tokens":5,"prompt_tokens_details":{"cached_tokens":4}}"#,
            4,
        );
    }

    #[test]
    fn absent_details_are_not_written() {
        let json = serde_json::to_string(&Usage::new(5, 2)).expect("writes");
        assert_eq!(
            json,
            r#"{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}"#
        );
    }
}
