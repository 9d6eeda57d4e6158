//! `GET /health`: whether the server is there, for whoever watches over it. It needs no key.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::state::ServerState;

#[derive(Debug, Serialize)]
pub(super) struct Health {
    /// Always `ok`.
    status: &'static str,
    uptime_seconds: u64,
    /// Requests that are being answered, this one left out.
    active_requests: u64,
}

pub(super) async fn health(State(state): State<Arc<ServerState>>) -> Json<Health> {
    Json(Health {
        status: "ok",
        uptime_seconds: state.uptime().as_secs(),
        active_requests: u64::try_from(state.metrics().active().get() - 1).unwrap_or(0),
    })
}
