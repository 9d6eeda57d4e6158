//! Chat completions: the request and the whole reply.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lenient::{or_default, seconds};
use crate::{
    ChatMessage, FinishReason, Logprobs, Sampling, Timings, ToolCall, ToolChoice, ToolDefinition,
    Usage,
};

/// The body of `POST /v1/chat/completions`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// The model's name; single-model servers ignore it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The conversation; a request without it does not read.
    pub messages: Vec<ChatMessage>,
    /// How to sample and when to end.
    #[serde(flatten)]
    pub sampling: Sampling,
    /// Whether to report log probabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// How many alternatives to report for each token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_logprobs: Option<u32>,
    /// Tools that the model may call.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "or_default"
    )]
    pub tools: Vec<ToolDefinition>,
    /// Whether it may, must or must not call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// Whether it may call several at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// Fields that this crate does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The whole reply to a chat request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatResponse {
    /// An id of the reply.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// Always `chat.completion`.
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
    pub choices: Vec<ChatChoice>,
    /// The tokens it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// llama-server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timings: Option<Timings>,
}

/// One answer of a chat reply.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatChoice {
    /// Which of the `n` answers this is.
    pub index: u32,
    /// What the model says.
    pub message: AssistantMessage,
    /// Log probabilities, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<Logprobs>,
    /// Why it ended.
    pub finish_reason: Option<FinishReason>,
}

/// What the model says in a whole reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssistantMessage {
    /// Always `assistant`.
    #[serde(deserialize_with = "or_default")]
    pub role: String,
    /// The answer; none where the model only calls tools.
    pub content: Option<String>,
    /// What it thought before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// The tools it calls.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub tool_calls: Vec<ToolCall>,
}

impl Default for AssistantMessage {
    fn default() -> Self {
        Self {
            role: "assistant".to_owned(),
            content: None,
            reasoning_content: None,
            tool_calls: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    #[test]
    fn a_request_keeps_unknown_fields_apart() {
        let json = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"temperature":0,
            "stop":"END","max_tokens":-1,"top_k":40,"mirostat":2}"#;
        let request: ChatRequest = serde_json::from_str(json).expect("parses");
        assert_eq!(request.messages, [ChatMessage::new(Role::User, "hi")]);
        assert_eq!(request.sampling.temperature, Some(0.0));
        assert_eq!(request.sampling.stop, ["END"]);
        assert_eq!(request.sampling.max_tokens, Some(-1));
        assert_eq!(request.other.keys().collect::<Vec<_>>(), ["mirostat"]);
    }

    #[test]
    fn unset_options_are_not_written() {
        let request = ChatRequest {
            messages: vec![ChatMessage::new(Role::User, "hi")],
            ..ChatRequest::default()
        };
        let json = serde_json::to_string(&request).expect("writes");
        assert_eq!(json, r#"{"messages":[{"role":"user","content":"hi"}]}"#);
    }

    #[test]
    fn a_request_without_messages_is_an_error() {
        let error = serde_json::from_str::<ChatRequest>("{}").expect_err("refused");
        assert!(error.to_string().contains("messages"), "{error}");
    }
}
