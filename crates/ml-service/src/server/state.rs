//! What all requests share.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::http::StatusCode;
use inference_core::LoadOptions;

use super::config::ServerConfig;
use super::failure::Failure;
use super::metrics::Metrics;
use crate::Service;

pub(super) struct ServerState {
    service: Arc<Service>,
    config: ServerConfig,
    metrics: Arc<Metrics>,
    started: Instant,
    started_at: u64,
}

impl ServerState {
    pub(super) fn new(service: Arc<Service>, config: ServerConfig) -> Self {
        Self {
            service,
            config,
            metrics: Arc::new(Metrics::new()),
            started: Instant::now(),
            started_at: now(),
        }
    }

    pub(super) fn service(&self) -> &Arc<Service> {
        &self.service
    }

    pub(super) fn config(&self) -> &ServerConfig {
        &self.config
    }

    pub(super) fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    pub(super) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// When the server started, in seconds since the epoch.
    pub(super) fn started_at(&self) -> u64 {
        self.started_at
    }

    /// The name of the model that a request means.
    pub(super) fn model(&self, asked: Option<String>) -> Result<String, Failure> {
        if let Some(name) = asked.filter(|name| !name.is_empty()) {
            return Ok(name);
        }
        if let Some(name) = &self.config.default_model {
            return Ok(name.clone());
        }
        let open = self.service.open(None, &LoadOptions::default());
        open.map_err(|error| {
            Failure::new(StatusCode::BAD_REQUEST, error.message()).with_param("model")
        })
    }
}

/// Seconds since the epoch.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
