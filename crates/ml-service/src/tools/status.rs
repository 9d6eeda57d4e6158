//! `ml_status`: which models there are.

use inference_core::Error;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tool;
use super::call::Call;

pub(crate) struct Status;

/// Nothing.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    /// Version of the program that answers.
    version: String,
    /// Whether a model could answer now.
    ready: bool,
    /// The models, in the order of their names.
    models: Vec<Model>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Model {
    /// What `model` and `judge` of the other tools may be.
    name: String,
    /// The backend that runs it or would; absent where none can.
    #[serde(skip_serializing_if = "Option::is_none")]
    backend: Option<String>,
    /// Whether calls that name no model go to it.
    default: bool,
    /// Whether it is loaded. One that is not is loaded when it is first asked.
    loaded: bool,
    /// Whether it could answer.
    available: bool,
    /// Why it cannot, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Tool for Status {
    type Arguments = Arguments;
    type Output = Output;

    async fn run(call: &Call, Arguments {}: Arguments) -> Result<Output, Error> {
        let models = call.service.status().await;
        let models: Vec<_> = models
            .into_iter()
            .map(|model| Model {
                default: match &call.default {
                    Some(default) => *default == model.name,
                    None => model.is_default,
                },
                problem: model.availability.reason().map(ToOwned::to_owned),
                available: model.availability.is_available(),
                name: model.name,
                backend: model.backend,
                loaded: model.state.is_loaded(),
            })
            .collect();
        Ok(Output {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ready: models.iter().any(|model| model.available),
            models,
        })
    }
}
