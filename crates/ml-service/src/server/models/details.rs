//! All that is known of one model.

use inference_core::{Error, ModelInfo, OptionKind};
use serde::Serialize;

use crate::Service;
use crate::service::{ModelState, QueueStatus};

/// All that is known of one model.
#[derive(Debug, Serialize)]
pub(super) struct Details {
    id: String,
    object: &'static str,
    state: &'static str,
    /// What a load is doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    loading: Option<Loading>,
    /// Why the last load failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// Answers in work, and others who hold it.
    in_use: usize,
    /// What it is counted with under the memory ceiling, while it is loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_bytes: Option<u64>,
    queue: Queue,
    /// Adapters that can be asked for as `MODEL:ADAPTER`.
    adapters: Vec<String>,
    /// The options of a request that it honours, while it is loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Vec<&'static str>>,
    /// What its backend says of it, while it is loaded.
    #[serde(flatten)]
    info: Option<ModelInfo>,
}

#[derive(Debug, Serialize)]
struct Loading {
    phase: String,
    /// From 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    fraction: Option<f32>,
    /// How long it may still take.
    seconds_left: u64,
}

#[derive(Debug, Serialize)]
struct Queue {
    running: usize,
    /// Most that may run at once; absent where there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    places: Option<usize>,
    waiting: usize,
    max_waiting: usize,
    /// Seconds that the first in the line has waited.
    longest_wait: f64,
    /// Requests that were refused so far.
    refused: u64,
}

impl Details {
    pub(super) fn of(service: &Service, id: &str) -> Result<Self, Error> {
        let state = service.state(id)?;
        let mut details = Self {
            id: id.to_owned(),
            object: "model.info",
            state: state.name(),
            loading: None,
            problem: None,
            in_use: 0,
            memory_bytes: None,
            queue: service.queue(id)?.into(),
            adapters: service.adapters(id)?,
            options: service
                .honoured(id)?
                .map(|kinds| kinds.into_iter().map(OptionKind::name).collect()),
            info: service.info(id)?,
        };
        details.add(state);
        Ok(details)
    }

    fn add(&mut self, state: ModelState) {
        match state {
            ModelState::Loading {
                progress,
                time_left,
                ..
            } => {
                self.loading = Some(Loading {
                    phase: progress.phase,
                    fraction: progress.fraction,
                    seconds_left: time_left.as_secs(),
                });
            }
            ModelState::Loaded {
                in_use,
                memory_bytes,
                ..
            } => {
                self.in_use = in_use;
                self.memory_bytes = Some(memory_bytes);
            }
            ModelState::Failed { error, .. } => self.problem = Some(error.to_string()),
            ModelState::Unloaded | ModelState::Unloading => {}
        }
    }
}

impl From<QueueStatus> for Queue {
    fn from(status: QueueStatus) -> Self {
        Self {
            running: status.running,
            places: (status.places < usize::MAX).then_some(status.places),
            waiting: status.waiting,
            max_waiting: status.max_waiting,
            longest_wait: status.longest_wait.as_secs_f64(),
            refused: status.refused,
        }
    }
}
