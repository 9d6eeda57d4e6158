//! A text model behind any OpenAI-compatible HTTP server.

mod sse;

pub use sse::{SseDecoder, SseError, SseEvent};
