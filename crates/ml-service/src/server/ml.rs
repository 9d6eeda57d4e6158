//! `/v1/ml/…`: the [tools](crate::tools) as plain HTTP routes.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use tokio::time::timeout;

use super::client::Client;
use super::exchange::Exchange;
use super::failure::Failure;
use super::fields::Fields;
use super::state::ServerState;
use super::{answer, body};
use crate::Caller;
use crate::tools::{Backends, Call, Generate, ScoreAnswer, Status, Tool, Untold};

pub(super) fn router() -> Router<Arc<ServerState>> {
    Router::new()
        .route("/v1/ml/backends", get(look::<Backends>))
        .route("/v1/ml/status", get(look::<Status>))
        .route("/v1/ml/generate", post(run::<Generate>))
        .route("/v1/ml/score", post(run::<ScoreAnswer>))
}

/// Calls a tool that takes no arguments.
async fn look<T: Tool<Arguments: Default>>(
    State(state): State<Arc<ServerState>>,
    Extension(exchange): Extension<Exchange>,
    Extension(client): Extension<Client>,
) -> Result<Json<T::Output>, Failure> {
    call::<T>(&state, &exchange, client, T::Arguments::default()).await
}

/// Calls a tool with the arguments that the body has.
async fn run<T: Tool>(
    State(state): State<Arc<ServerState>>,
    Extension(exchange): Extension<Exchange>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Result<Json<T::Output>, Failure> {
    let body = body::read(request.into_body(), &state.config().limits).await?;
    let arguments = Fields::parse(&body)?.read()?;
    call::<T>(&state, &exchange, client, arguments).await
}

async fn call<T: Tool>(
    state: &ServerState,
    exchange: &Exchange,
    client: Client,
    arguments: T::Arguments,
) -> Result<Json<T::Output>, Failure> {
    let limits = &state.config().limits;
    let left = limits.answer_time.saturating_sub(exchange.elapsed());
    let call = Call {
        service: Arc::clone(state.service()),
        default: state.config().default_model.clone(),
        caller: Caller::new(client.to_string()).with_load_patience(limits.load_patience),
        progress: Box::new(Untold),
    };
    match timeout(left, T::run(&call, arguments)).await {
        Ok(output) => Ok(Json(output?)),
        Err(_) => Err(answer::too_slow()),
    }
}
