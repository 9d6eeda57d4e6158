//! Configuration, named models and the service that joins the backends.

mod backends;
mod config;
mod options;
mod service;

pub use backends::{BackendStatus, backends, registry};
pub use config::{
    AdapterConfig, Config, ConfigError, ConfigSources, ModelConfig, Origin, Setting, SourceError,
};
pub use service::{DiscoveredStatus, ModelProgress, ModelStatus, Service};
