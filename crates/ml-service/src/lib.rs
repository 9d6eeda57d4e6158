//! Configuration, named models and the service that joins the backends.
//!
//! [`Config`] is the one file of the whole product with the environment on top of it. [`Service`]
//! holds its models by name, loads each when it is first asked, and answers with it. The backends
//! are those of the Cargo features `http`, `llama` and `mlx`, all on by default, and `mlx-cpu`;
//! [`backends`] says which of them this build has and whether they can be used. The feature `hub`,
//! also on by default, adds the fetching of models from the Hugging Face Hub, and the feature `mcp`
//! the `ToolServer`, by which other programs use the models as tools.
//! [`Service::score_responses`] and [`Service::probe`] measure answers, with the service's models
//! as judges. [`Conversion`] changes models and LoRA adapters from one format to another.
//!
//! ```no_run
//! use inference_core::{GenerateOptions, Message};
//! use ml_service::{Config, ConfigSources, Service};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::load(&ConfigSources::from_env())?;
//! let service = Service::new(&config);
//! let messages = vec![Message::user("What is the capital of France?")];
//! let stream = service.chat(None, messages, GenerateOptions::default()).await?;
//! println!("{}", stream.into_generation().await?.text);
//! service.close().await?;
//! # Ok(())
//! # }
//! ```

#[cfg(all(feature = "llama", unix))]
mod adapter_cache;
mod backends;
mod config;
#[cfg(unix)]
mod convert;
#[cfg(unix)]
mod format_error;
#[cfg(unix)]
mod hash_cache;
#[cfg(all(feature = "hub", unix))]
mod hub;
#[cfg(feature = "mcp")]
mod mcp;
mod options;
mod repo_ref;
#[cfg(feature = "server")]
pub mod server;
mod service;
mod suites;
mod system;
#[cfg(any(feature = "mcp", feature = "server"))]
mod tools;

pub use backends::{BackendStatus, backends, registry};
pub use config::{
    AdapterConfig, Config, ConfigError, ConfigSources, ModelConfig, Origin, Setting, SourceError,
};
#[cfg(unix)]
pub use convert::{Conversion, ConvertRequest, Converted, ConvertedFile};
#[cfg(all(feature = "hub", unix))]
pub use hub::{
    Choice, Digest, Hub, HubConfig, HubError, PullOptions, PullProgress, PullProgressCallback,
    Pulled, PulledFile, PulledKind,
};
/// The checks that say whether a model keeps the contract, for `ml doctor`.
pub use inference_conformance as conformance;
#[cfg(feature = "mcp")]
pub use mcp::{ToolServer, ToolServerError};
#[cfg(unix)]
pub use model_formats::{Dtype, LoraLayout, Quantization};
pub use repo_ref::{RepoRef, RepoRefError};
pub use service::{
    Caller, DiscoveredStatus, Fingerprint, ModelState, ModelStatus, ProbeOptions, ProbeResult,
    QueueStatus, ScoreOptions, ScoredResponse, Service, Turn, probe_prompt, probe_response,
};
pub use suites::{SuiteRules, Unscorable};
pub use system::system_message;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
