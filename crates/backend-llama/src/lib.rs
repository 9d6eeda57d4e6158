//! A text model served by a llama-server process that we own.

#![cfg(unix)]

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
