//! The configuration and the service, as their users see them.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod config_check;
mod config_layers;
mod config_trust;
#[cfg(all(feature = "hub", unix))]
mod fake_hub;
mod folder;
#[cfg(all(feature = "hub", unix))]
mod hub_access;
#[cfg(all(feature = "hub", unix))]
mod hub_cache;
#[cfg(all(feature = "hub", unix))]
mod hub_fault;
#[cfg(all(feature = "hub", unix))]
mod hub_faults;
#[cfg(all(feature = "hub", unix))]
mod hub_pull;
mod judged;
#[cfg(all(feature = "llama", unix))]
mod local;
#[cfg(all(feature = "llama", unix))]
mod local_lifecycle;
#[cfg(feature = "mcp")]
mod mcp_client;
#[cfg(all(feature = "mcp", feature = "server"))]
mod mcp_http;
#[cfg(feature = "mcp")]
mod mcp_refused;
#[cfg(feature = "mcp")]
mod mcp_running;
#[cfg(feature = "mcp")]
mod mcp_school;
#[cfg(feature = "mcp")]
mod mcp_tools;
#[cfg(feature = "server")]
mod page;
#[cfg(feature = "http")]
mod served;
#[cfg(feature = "server")]
mod server_chat;
#[cfg(feature = "server")]
mod server_client;
#[cfg(feature = "server")]
mod server_completion;
#[cfg(feature = "server")]
mod server_end;
#[cfg(feature = "server")]
mod server_limits;
#[cfg(all(feature = "llama", feature = "server", unix))]
mod server_local;
#[cfg(feature = "server")]
mod server_metrics;
#[cfg(feature = "server")]
mod server_ml;
#[cfg(feature = "server")]
mod server_models;
#[cfg(feature = "server")]
mod server_queue;
mod service_idle;
mod service_load;
mod service_memory;
mod service_names;
mod service_options;
mod service_queue;
mod service_stream;
mod service_unload;
#[cfg(feature = "server")]
mod setup;
mod stage;
mod toy;
