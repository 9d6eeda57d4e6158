//! Text completions: the request and the whole reply.

use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lenient::{or_default, seconds};
use crate::{FinishReason, Logprobs, Sampling, Timings, Usage};

/// The body of `POST /v1/completions`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CompletionRequest {
    /// The model's name; single-model servers ignore it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The text to continue; a request without it does not read.
    pub prompt: PromptInput,
    /// How to sample and when to end.
    #[serde(flatten)]
    pub sampling: Sampling,
    /// Report log probabilities with this many alternatives for each token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<u32>,
    /// Whether the answer starts with the prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo: Option<bool>,
    /// Fields that this crate does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One prompt or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PromptInput {
    /// One prompt.
    One(String),
    /// Several prompts, answered one by one.
    Many(Vec<String>),
}

impl Default for PromptInput {
    fn default() -> Self {
        Self::One(String::new())
    }
}

impl<'de> Deserialize<'de> for PromptInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = PromptInput;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of strings")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<PromptInput, E> {
                Ok(PromptInput::One(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<PromptInput, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(PromptInput::Many)
            }
        }

        deserializer.deserialize_any(OneOrMany)
    }
}

/// The whole reply to a completion request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompletionResponse {
    /// An id of the reply.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// Always `text_completion`.
    #[serde(deserialize_with = "or_default")]
    pub object: String,
    /// When it was made, in seconds since the epoch.
    #[serde(deserialize_with = "seconds")]
    pub created: u64,
    /// The model that answered.
    #[serde(deserialize_with = "or_default")]
    pub model: String,
    /// The answers.
    #[serde(deserialize_with = "or_default")]
    pub choices: Vec<CompletionChoice>,
    /// The tokens it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// llama-server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timings: Option<Timings>,
}

/// One answer of a completion reply.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompletionChoice {
    /// The text.
    #[serde(deserialize_with = "or_default")]
    pub text: String,
    /// Which of the `n` answers this is.
    pub index: u32,
    /// Log probabilities, where asked for.
    pub logprobs: Option<Logprobs>,
    /// Why it ended.
    pub finish_reason: Option<FinishReason>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_one_string_or_several() {
        let read = |json: &str| {
            serde_json::from_str::<CompletionRequest>(json).map(|request| request.prompt)
        };
        let one = read(r#"{"prompt":"a","logprobs":2}"#).expect("parses");
        assert_eq!(one, PromptInput::One("a".to_owned()));
        let many = read(r#"{"prompt":["a","b"]}"#).expect("parses");
        assert_eq!(
            many,
            PromptInput::Many(vec!["a".to_owned(), "b".to_owned()])
        );
        for bad in ["{}", r#"{"prompt":3}"#] {
            read(bad).expect_err("refused");
        }
    }
}
