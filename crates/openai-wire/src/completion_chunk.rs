//! Text completions: the chunks of a stream.

use serde::{Deserialize, Serialize};

use crate::lenient::{few, seconds};
use crate::{ApiError, FinishReason, Logprobs, PromptProgress, Text, Timings, Usage};

/// One event of a completion stream, before `[DONE]`.
///
/// `choices` is empty in a chunk that carries only usage or progress. A chunk with an `error` is
/// the end of a stream that failed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompletionChunk<'a> {
    /// An id of the reply, the same in all its chunks.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// Always `text_completion`.
    #[serde(borrow)]
    pub object: Text<'a>,
    /// When it was made, in seconds since the epoch.
    #[serde(deserialize_with = "seconds")]
    pub created: u64,
    /// The model that answers.
    #[serde(borrow)]
    pub model: Text<'a>,
    /// More of the answers.
    #[serde(borrow, deserialize_with = "few")]
    pub choices: Vec<CompletionChunkChoice<'a>>,
    /// The tokens it took, in the last chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
    /// llama-server's clock, in the last chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timings: Option<Box<Timings>>,
    /// llama-server's progress with the prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_progress: Option<Box<PromptProgress>>,
    /// Why the stream failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Box<ApiError>>,
}

/// More of one answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompletionChunkChoice<'a> {
    /// More text.
    #[serde(borrow)]
    pub text: Text<'a>,
    /// Which of the `n` answers this extends.
    pub index: u32,
    /// Log probabilities of the new tokens, where asked for.
    pub logprobs: Option<Box<Logprobs>>,
    /// Why it ended, in its last chunk.
    pub finish_reason: Option<FinishReason>,
}

impl CompletionChunk<'_> {
    /// The text, where this chunk adds it to the first answer and carries nothing else that
    /// matters: no end, no counts, no log probabilities.
    pub fn only_text(&self) -> Option<&str> {
        let [choice] = &self.choices[..] else {
            return None;
        };
        let plain = choice.index == 0
            && choice.logprobs.is_none()
            && choice.finish_reason.is_none()
            && self.usage.is_none()
            && self.timings.is_none()
            && self.prompt_progress.is_none()
            && self.error.is_none();
        plain.then_some(&*choice.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_chunk_has_reason_usage_and_timings() {
        let json = r#"{"choices":[{"text":"","index":0,"logprobs":null,"finish_reason":"length"}],
            "object":"text_completion","usage":{"completion_tokens":2,"prompt_tokens":5,
            "total_tokens":7,"prompt_tokens_details":{"cached_tokens":4}},
            "timings":{"cache_n":4,"prompt_n":1,"prompt_ms":87.7,"predicted_n":2,"predicted_ms":931}}"#;
        let chunk: CompletionChunk<'_> = serde_json::from_str(json).expect("parses");
        assert_eq!(chunk.choices[0].finish_reason, Some(FinishReason::Length));
        assert_eq!(chunk.usage.expect("usage").cached_tokens(), 4);
        assert_eq!(chunk.timings.expect("timings").predicted_n, 2);
    }
}
