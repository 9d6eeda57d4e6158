//! `ml_backends`: what could run models.

use inference_core::{Error, ErrorKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tool;
use super::call::Call;
use crate::BackendStatus;

pub(crate) struct Backends;

/// Nothing.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    /// The backends, in the order in which a model's is chosen.
    backends: Vec<Backend>,
    /// The model that calls go to which name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Backend {
    /// Its name.
    name: String,
    /// Whether it can be used.
    available: bool,
    /// Why it cannot, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// What it computes on, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
}

impl Tool for Backends {
    type Arguments = Arguments;
    type Output = Output;

    async fn run(call: &Call, Arguments {}: Arguments) -> Result<Output, Error> {
        // It looks at files.
        let backends = tokio::task::spawn_blocking(crate::backends).await;
        let backends = backends.map_err(|error| {
            Error::new(ErrorKind::Backend, "the backends were not looked at").with_source(error)
        })?;
        let default = call.service.default().map(ToOwned::to_owned);
        Ok(Output {
            backends: backends.into_iter().map(Backend::from).collect(),
            default: call.default.clone().or(default),
        })
    }
}

impl From<BackendStatus> for Backend {
    fn from(status: BackendStatus) -> Self {
        Self {
            name: status.name.to_owned(),
            available: status.availability.is_available(),
            problem: status.availability.reason().map(ToOwned::to_owned),
            device: status.device,
        }
    }
}
