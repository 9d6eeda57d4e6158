//! The configuration and the service, as their users see them.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod config_check;
mod config_layers;
mod config_trust;
mod folder;
#[cfg(all(feature = "llama", unix))]
mod local;
#[cfg(feature = "http")]
mod served;
mod service_load;
mod service_names;
mod service_options;
mod service_stream;
mod toy;
