//! The tools over streamable HTTP, as a part of the server.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post_service;
use http_body_util::BodyExt as _;
use rmcp::model::Extensions;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;

use super::ToolServer;

/// The most sessions at once. One that is silent for five minutes ends.
const SESSIONS: usize = 256;

/// Names the session of a request; one without it begins a session.
const SESSION: &str = "mcp-session-id";

/// When to come back where there is no room for one more session.
const LATER: Duration = Duration::from_secs(30);

/// Cancelled when a client closes the connection on which it waits for an answer.
#[derive(Clone)]
struct ClientGone(CancellationToken);

impl ToolServer {
    /// The route `/mcp`. Who may ask, and from which pages, is for the caller to check.
    ///
    /// Nothing is told but in answers, so there is no stream of messages to `GET`.
    pub(crate) fn routes<S>(self, body_bytes: usize) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        let sessions = Arc::new(LocalSessionManager::default());
        let config = StreamableHttpServerConfig::default()
            .disable_allowed_hosts()
            .with_max_request_body_bytes(body_bytes);
        let tools = move || Ok(self.clone());
        let tools = StreamableHttpService::new(tools, Arc::clone(&sessions), config);
        Router::new()
            .route("/mcp", post_service(tools.clone()).delete_service(tools))
            .layer(from_fn(watch))
            .layer(from_fn_with_state(sessions, bound))
    }
}

/// Waits for the end of the client that a call came from, where it can be seen.
pub(super) async fn client_gone(extensions: &Extensions) {
    let parts = extensions.get::<axum::http::request::Parts>();
    match parts.and_then(|parts| parts.extensions.get::<ClientGone>()) {
        Some(ClientGone(gone)) => gone.cancelled().await,
        None => std::future::pending().await,
    }
}

/// Lets calls know when the answer can be read no more: it is dropped before its end.
async fn watch(mut request: Request, next: Next) -> Response {
    let gone = CancellationToken::new();
    request.extensions_mut().insert(ClientGone(gone.clone()));
    let guard = gone.drop_guard();
    let response = next.run(request).await;
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _held = &guard;
            frame
        }))
    })
}

async fn bound(
    State(sessions): State<Arc<LocalSessionManager>>,
    request: Request,
    next: Next,
) -> Response {
    let begins = request.method() == Method::POST && !request.headers().contains_key(SESSION);
    if begins && sessions.sessions.read().await.len() >= SESSIONS {
        let message = format!("there are {SESSIONS} sessions: end one, or come back later");
        let after = HeaderValue::from(LATER.as_secs());
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            [(RETRY_AFTER, after)],
            message,
        )
            .into_response();
    }
    next.run(request).await
}
