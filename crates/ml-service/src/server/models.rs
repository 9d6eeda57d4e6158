//! `GET /v1/models` and `GET /v1/models/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use inference_core::{Error, ErrorKind};
use openai_wire::{ModelEntry, ModelList};

use super::failure::Failure;
use super::state::ServerState;

pub(super) async fn list(State(state): State<Arc<ServerState>>) -> Json<ModelList> {
    let names = state.service().list().into_iter();
    Json(ModelList {
        object: "list".to_owned(),
        data: names.map(|name| entry(&state, name)).collect(),
    })
}

pub(super) async fn one(
    State(state): State<Arc<ServerState>>,
    Path(id): Path<String>,
) -> Result<Json<ModelEntry>, Failure> {
    let names = state.service().list();
    if names.contains(&id) {
        return Ok(Json(entry(&state, id)));
    }
    let message = format!("unknown model {id:?}; there is {}", names.join(", "));
    Err(Error::new(ErrorKind::NotFound, message).into())
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
