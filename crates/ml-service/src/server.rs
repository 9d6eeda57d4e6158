//! The OpenAI-compatible server in front of a [`Service`].
//!
//! [`serve`] listens until it is told to stop. [`router`] is the same without the listening, for
//! programs that have an axum application of their own.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use ml_service::server::{ServerConfig, serve};
//! use ml_service::{Config, ConfigSources, Service};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::load(&ConfigSources::from_env())?;
//! let service = Arc::new(Service::new(&config));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8090").await?;
//! let stop = std::future::pending(); // a signal, in a real program
//! serve(listener, service, ServerConfig::default(), stop).await?;
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Router, http::StatusCode};

use crate::Service;

mod access;
mod answer;
mod ask;
mod body;
mod chat;
mod client;
mod completion;
mod config;
mod encoder;
mod events;
mod exchange;
mod failure;
mod fields;
mod health;
mod idle;
mod listen;
mod metrics;
mod ml;
mod models;
mod origin;
mod page;
mod reply;
mod sampling;
mod state;

pub use access::{Access, ApiKey};
pub use config::{Limits, ServerConfig};
pub use listen::serve;
pub use origin::Origins;

use failure::Failure;
use state::ServerState;

/// All routes of the server.
///
/// An application that serves them with axum's own `serve` does without the limits of
/// [`Limits`] that concern connections, and decides by itself who can reach it; [`serve`] has
/// them all.
pub fn router(service: Arc<Service>, config: ServerConfig) -> Router {
    let tools = tools(&service, &config);
    let state = Arc::new(ServerState::new(service, config));
    let for_key_holders = Router::new()
        .merge(tools)
        .route("/v1/chat/completions", post(chat::chat))
        .route("/v1/completions", post(completion::completion))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*id}", get(models::one).post(models::change))
        .merge(ml::router())
        .route("/metrics", get(metrics::metrics))
        .layer(from_fn_with_state(Arc::clone(&state), access::require_key));
    Router::new()
        .route("/health", get(health::health))
        .route("/healthz", get(health::health))
        .merge(page::router())
        .merge(for_key_holders)
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(Arc::clone(&state), origin::check))
        .layer(state.config().origins.cors())
        .layer(from_fn_with_state(Arc::clone(&state), exchange::observe))
        .with_state(state)
}

/// The tool server at `/mcp`, where it is compiled in.
#[cfg(feature = "mcp")]
fn tools(service: &Arc<Service>, config: &ServerConfig) -> Router<Arc<ServerState>> {
    let tools = crate::ToolServer::new(Arc::clone(service));
    let tools = match &config.default_model {
        Some(model) => tools.with_default(model),
        None => tools,
    };
    tools.routes(config.limits.body_bytes)
}

#[cfg(not(feature = "mcp"))]
fn tools(_service: &Arc<Service>, _config: &ServerConfig) -> Router<Arc<ServerState>> {
    Router::new()
}

async fn unknown(request: Request) -> Failure {
    let path = request.uri().path();
    let message = format!("there is nothing at {path}; docs/server.md lists the routes");
    Failure::new(StatusCode::NOT_FOUND, message).with_code("unknown_url")
}

async fn wrong_method(request: Request) -> Failure {
    let message = format!(
        "{} does not take {}",
        request.uri().path(),
        request.method()
    );
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, message).with_code("method_not_supported")
}
