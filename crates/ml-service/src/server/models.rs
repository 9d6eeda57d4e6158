//! `/v1/models`: which models there are, what is known of each, and loading and unloading them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use inference_core::{Error, ErrorKind};
use openai_wire::{ModelEntry, ModelList};
use tokio::time::timeout;

use super::failure::Failure;
use super::state::ServerState;

mod details;

use details::Details;

/// Ids may hold slashes, so that what follows one is told by its last part.
const INFO: &str = "/info";
const LOAD: &str = "/load";
const UNLOAD: &str = "/unload";

/// `GET /v1/models`
pub(super) async fn list(State(state): State<Arc<ServerState>>) -> Json<ModelList> {
    let names = state.service().list().into_iter();
    Json(ModelList {
        object: "list".to_owned(),
        data: names.map(|name| entry(&state, name)).collect(),
    })
}

/// `GET /v1/models/{id}` and `GET /v1/models/{id}/info`
pub(super) async fn one(
    State(state): State<Arc<ServerState>>,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let names = state.service().list();
    if names.contains(&id) {
        return Ok(Json(entry(&state, id)).into_response());
    }
    let asked = id.strip_suffix(INFO);
    if let Some(id) = asked.filter(|id| is_served(&names, id)) {
        return Ok(Json(Details::of(state.service(), id)?).into_response());
    }
    Err(unknown(asked.unwrap_or(&id), &names))
}

/// `POST /v1/models/{id}/load` and `POST /v1/models/{id}/unload`
pub(super) async fn change(
    State(state): State<Arc<ServerState>>,
    Path(path): Path<String>,
) -> Result<Response, Failure> {
    let names = state.service().list();
    let parts = |suffix| path.strip_suffix(suffix);
    match (parts(LOAD), parts(UNLOAD)) {
        (Some(id), _) if is_served(&names, id) => load(&state, id).await,
        (_, Some(id)) if is_served(&names, id) => unload(&state, id).await,
        (Some(id), _) | (_, Some(id)) => Err(unknown(id, &names)),
        (None, None) => {
            let message = format!("/v1/models/{path} takes no POST; {LOAD} and {UNLOAD} do");
            let failure = Failure::new(StatusCode::METHOD_NOT_ALLOWED, message);
            Err(failure.with_code("method_not_supported"))
        }
    }
}

/// Waits for the load as long as requests do, and then says how far it is. It goes on even where
/// the client does not wait.
async fn load(state: &ServerState, id: &str) -> Result<Response, Failure> {
    let service = state.service();
    service.load_in_background(id)?;
    let loaded = timeout(state.config().limits.load_patience, service.load(id)).await;
    let status = match loaded {
        Ok(loaded) => loaded.map(|()| StatusCode::OK)?,
        Err(_) => StatusCode::ACCEPTED,
    };
    Ok((status, Json(Details::of(service, id)?)).into_response())
}

/// Waits as long for those who use it; where they are not done by then it stays.
async fn unload(state: &ServerState, id: &str) -> Result<Response, Failure> {
    let service = state.service();
    let unloaded = timeout(state.config().limits.load_patience, service.unload(id)).await;
    unloaded.map_err(|_| {
        let message = format!("model {id:?} is in use: it stays loaded");
        Failure::new(StatusCode::CONFLICT, message).with_code("model_in_use")
    })??;
    Ok(Json(Details::of(service, id)?).into_response())
}

fn is_served(names: &[String], id: &str) -> bool {
    names.iter().any(|name| name == id)
}

fn unknown(id: &str, names: &[String]) -> Failure {
    let message = format!("unknown model {id:?}; there is {}", names.join(", "));
    Error::new(ErrorKind::NotFound, message).into()
}

fn entry(state: &ServerState, id: String) -> ModelEntry {
    ModelEntry {
        id,
        object: "model".to_owned(),
        created: state.started_at(),
        owned_by: "ml".to_owned(),
        ..ModelEntry::default()
    }
}
