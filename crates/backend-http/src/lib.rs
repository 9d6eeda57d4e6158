//! A text model behind any OpenAI-compatible HTTP server: llama-server, vLLM, Ollama, mlx-lm,
//! OpenAI itself.
//!
//! ```no_run
//! use backend_http::{HttpConfig, HttpTextModel};
//! use futures::StreamExt;
//! use inference_core::{Event, GenerateOptions, Prompt, TextModel};
//!
//! # async fn example() -> Result<(), inference_core::Error> {
//! let model = HttpTextModel::connect(HttpConfig::new("http://localhost:8080")).await?;
//! let options = GenerateOptions::default().max_tokens(64);
//! let mut answer = model.generate(Prompt::user("What is the capital of France?"), options);
//! while let Some(event) = answer.next().await {
//!     if let Event::Token(token) = event? {
//!         print!("{}", token.text);
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod adapters;
mod answer;
mod classify;
mod client;
mod clock;
mod config;
mod dialect;
mod excerpt;
mod loader;
mod model;
mod probe;
mod refusal;
mod reply;
mod request;
mod retry;
mod sse;
mod tool_calls;
mod transport;
mod url;

pub use config::HttpConfig;
pub use dialect::{Dialect, UnknownDialect};
pub use loader::HttpLoader;
pub use model::{HttpBackend, HttpTextModel};
pub use sse::{SseDecoder, SseError, SseEvent};
