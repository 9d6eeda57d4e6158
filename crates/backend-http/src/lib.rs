//! A text model behind any OpenAI-compatible HTTP server: llama-server, vLLM, Ollama, mlx-lm,
//! OpenAI itself.
//!
//! [`HttpTextModel`] streams every answer, so that dropping a stream stops the server, and calls
//! an answer whole only where the server said so. What a server understands is its [`Dialect`].
//!
//! ```
//! use backend_http::{HttpConfig, HttpTextModel};
//! use futures::StreamExt;
//! use inference_core::{Event, GenerateOptions, Prompt, TextModel};
//! # use inference_conformance::fake_server::{FakeServer, Reply, events};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let server = FakeServer::tcp(|_| Reply::sse(events::chat(["Par", "is."])))?;
//! # let url = server.url();
//! let model = HttpTextModel::new(HttpConfig::new(url))?;
//! let options = GenerateOptions::default().max_tokens(64);
//! let mut answer = model.generate(Prompt::user("What is the capital of France?"), options);
//! let mut text = String::new();
//! while let Some(event) = answer.next().await {
//!     if let Event::Token(token) = event? {
//!         text.push_str(&token.text);
//!     }
//! }
//! assert_eq!(text, "Paris.");
//! # Ok(())
//! # }
//! ```

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod adapters;
mod answer;
mod classify;
mod client;
mod clock;
mod config;
mod dialect;
mod excerpt;
mod loader;
mod logprobs;
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
