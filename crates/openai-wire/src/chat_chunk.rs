//! Chat completions: the chunks of a stream.

use serde::{Deserialize, Serialize};

use crate::lenient::{few, or_default, seconds};
use crate::{
    ApiError, FinishReason, Logprobs, PromptProgress, Text, Timings, ToolCallDelta, Usage,
};

/// One event of a chat stream, before `[DONE]`.
///
/// `choices` is empty in a chunk that carries only usage or progress. A chunk with an `error` is
/// the end of a stream that failed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatChunk<'a> {
    /// An id of the reply, the same in all its chunks.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// Always `chat.completion.chunk`.
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
    pub choices: Vec<ChatChunkChoice<'a>>,
    /// The tokens it took, in the last chunk and where asked for.
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
pub struct ChatChunkChoice<'a> {
    /// Which of the `n` answers this extends.
    pub index: u32,
    /// What is new.
    #[serde(borrow, deserialize_with = "or_default")]
    pub delta: Delta<'a>,
    /// Log probabilities of the new tokens, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<Box<Logprobs>>,
    /// Why it ended, in its last chunk.
    pub finish_reason: Option<FinishReason>,
}

/// What a chunk adds to an answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Delta<'a> {
    /// Always `assistant`, in the first chunk.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub role: Option<Text<'a>>,
    /// More text.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub content: Option<Text<'a>>,
    /// More of what the model thinks.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<Text<'a>>,
    /// Ollama's, mlx-lm's and newer vLLM's name of `reasoning_content`.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Text<'a>>,
    /// More of the tools it calls.
    #[serde(
        borrow,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "or_default"
    )]
    pub tool_calls: Vec<ToolCallDelta<'a>>,
}

impl ChatChunk<'_> {
    /// The text, where this chunk adds it to the first answer and carries nothing else that
    /// matters: no end, no counts, no log probabilities, no tool calls.
    pub fn only_text(&self) -> Option<&str> {
        let [choice] = &self.choices[..] else {
            return None;
        };
        let delta = &choice.delta;
        let plain = choice.index == 0
            && choice.logprobs.is_none()
            && choice.finish_reason.is_none()
            && delta.thought().is_none()
            && delta.tool_calls.is_empty()
            && self.usage.is_none()
            && self.timings.is_none()
            && self.prompt_progress.is_none()
            && self.error.is_none();
        delta.content.as_deref().filter(|_| plain)
    }
}

impl<'a> Delta<'a> {
    /// More of what the model thinks, under either name.
    pub fn thought(&self) -> Option<&Text<'a>> {
        self.reasoning_content.as_ref().or(self.reasoning.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> ChatChunk<'_> {
        serde_json::from_str(json).expect("parses")
    }

    #[test]
    fn text_is_borrowed_from_the_event() {
        let chunk = read(
            r#"{"choices":[{"finish_reason":null,"index":0,"delta":{"content":" and"}}],"created":1,
            "id":"c","model":"m","system_fingerprint":"b1","object":"chat.completion.chunk"}"#,
        );
        let Some(Text(std::borrow::Cow::Borrowed(" and"))) = chunk.choices[0].delta.content else {
            panic!("not borrowed: {chunk:?}");
        };
    }

    #[test]
    fn a_first_chunk_has_null_content() {
        let chunk = read(r#"{"choices":[{"delta":{"role":"assistant","content":null}}]}"#);
        assert_eq!(chunk.choices[0].delta.content, None);
    }

    #[test]
    fn nulls_stand_for_absent_values() {
        let chunk = read(
            r#"{"id":null,"created":null,"model":null,"choices":null,"usage":null,"error":null}"#,
        );
        assert_eq!(chunk, ChatChunk::default());
        let chunk = read(r#"{"choices":[{"delta":null},{"delta":{"tool_calls":null}}]}"#);
        assert_eq!(chunk.choices[1], ChatChunkChoice::default());
    }

    #[test]
    fn thoughts_come_under_either_name_and_both() {
        for json in [
            r#"{"reasoning_content":"hm"}"#,
            r#"{"reasoning":"hm"}"#,
            r#"{"reasoning":"hm","reasoning_content":"hm"}"#,
        ] {
            let delta: Delta<'_> = serde_json::from_str(json).expect("parses");
            assert_eq!(delta.thought().map(|text| &**text), Some("hm"));
        }
    }

    #[test]
    fn an_error_in_the_stream_is_read_in_both_forms() {
        for json in [
            r#"{"error":{"message":"full","code":500}}"#,
            r#"{"error":"full"}"#,
        ] {
            assert_eq!(read(json).error.expect("error").message, "full");
        }
    }

    #[test]
    fn a_chunk_is_written_as_openai_writes_it() {
        let chunk = ChatChunk {
            id: "c".into(),
            object: "chat.completion.chunk".into(),
            created: 7,
            model: "m".into(),
            choices: vec![ChatChunkChoice {
                delta: Delta {
                    content: Some("hi".into()),
                    ..Delta::default()
                },
                ..ChatChunkChoice::default()
            }],
            ..ChatChunk::default()
        };
        assert_eq!(
            serde_json::to_string(&chunk).expect("writes"),
            r#"{"id":"c","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]}"#
        );
    }
}
