//! A text model served by a llama-server process that we own.
//!
//! [`LlamaTextModel`] is the model; [`LlamaLoader`] loads it from a GGUF file for a registry;
//! [`LlamaServer`] is the supervised process alone. The server is started when it is needed and
//! again after a crash, speaks over a private UNIX socket, and never outlives this process.
//!
//! ```no_run
//! use backend_llama::{LlamaConfig, LlamaTextModel};
//! use futures::StreamExt;
//! use inference_core::{Event, GenerateOptions, Prompt, TextModel};
//!
//! # async fn example() -> Result<(), inference_core::Error> {
//! let model = LlamaTextModel::load(LlamaConfig::new("model.gguf")).await?;
//! let options = GenerateOptions::default().max_tokens(64);
//! let mut answer = model.generate(Prompt::user("Name the capital of France."), options);
//! while let Some(event) = answer.next().await {
//!     if let Event::Token(token) = event? {
//!         print!("{}", token.text);
//!     }
//! }
//! model.close().await?;
//! # Ok(())
//! # }
//! ```

#![cfg(unix)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct ReadmeOfTheWorkspace;

mod answer;
mod argv;
mod binary;
mod config;
mod crash_history;
mod diagnosis;
mod environment;
mod error;
mod exit;
mod instance;
mod loader;
mod log;
mod parent_death;
mod patience;
mod probe;
mod process;
mod progress;
mod server;
mod serving;
mod socket;
mod start_error;
mod text_model;
mod watcher;

pub use argv::ConfigError;
pub use config::{CrashLimit, LlamaConfig, LoraAdapter};
pub use error::Crash;
pub use exit::Exit;
pub use instance::Instance;
pub use loader::LlamaLoader;
pub use probe::ServerProps;
pub use progress::{StartPhase, StartProgress};
pub use server::LlamaServer;
pub use start_error::{ModelProblem, StartError, StartErrorKind};
pub use text_model::{LlamaBackend, LlamaTextModel};
