//! The OpenAI-compatible JSON types, shared by client and server.
//!
//! Requests and whole replies own their text. The chunks of a stream borrow it from the event
//! they were read from ([`Text`]), because a stream decodes millions of them. Reading tolerates
//! unknown fields, nulls for absent values and the known deviations of llama-server, vLLM,
//! Ollama and mlx-lm; writing gives the plain OpenAI form.
//!
//! ```
//! use openai_wire::{ChatChunk, FinishReason};
//!
//! # fn main() -> serde_json::Result<()> {
//! let event = r#"{"choices":[{"index":0,"delta":{"content":"Paris"},"finish_reason":null}]}"#;
//! let chunk: ChatChunk<'_> = serde_json::from_str(event)?;
//! assert_eq!(chunk.choices[0].delta.content.as_deref(), Some("Paris"));
//!
//! let last: ChatChunk<'_> =
//!     serde_json::from_str(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#)?;
//! assert_eq!(last.choices[0].finish_reason, Some(FinishReason::Stop));
//! # Ok(())
//! # }
//! ```

mod chat;
mod chat_chunk;
mod chunk_writer;
mod completion;
mod completion_chunk;
mod error;
mod finish;
mod lenient;
mod logprobs;
mod message;
mod model;
mod response_format;
mod sampling;
mod template;
mod text;
mod timings;
mod tool;
mod usage;

pub use chat::{AssistantMessage, ChatChoice, ChatRequest, ChatResponse};
pub use chat_chunk::{ChatChunk, ChatChunkChoice, Delta};
pub use chunk_writer::ChunkWriter;
pub use completion::{CompletionChoice, CompletionRequest, CompletionResponse, PromptInput};
pub use completion_chunk::{CompletionChunk, CompletionChunkChoice};
pub use error::{ApiError, ErrorResponse};
pub use finish::FinishReason;
pub use logprobs::{Alternatives, Logprobs, TokenLogprob};
pub use message::{ChatMessage, Content, ContentPart, Role};
pub use model::{ModelEntry, ModelList, ModelMeta};
pub use response_format::{JsonSchema, ResponseFormat};
pub use sampling::{Sampling, StreamOptions};
pub use template::ChunkTemplate;
pub use text::Text;
pub use timings::{PromptProgress, Timings};
pub use tool::{
    FunctionCall, FunctionCallDelta, FunctionDefinition, ToolCall, ToolCallDelta, ToolChoice,
    ToolDefinition,
};
pub use usage::{CompletionTokensDetails, PromptTokensDetails, Usage};
