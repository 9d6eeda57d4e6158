//! What models there are, and whether they can be used.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use inference_core::{Availability, DiscoveredModel, Error, GgufHeader, ModelSource};

use super::Service;
use super::queue::QueueStatus;
use super::slot::Slot;
use super::state::ModelState;

/// How long a server may take to say whether it can be used.
const PATIENCE: Duration = Duration::from_secs(5);

/// A model of the service.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ModelStatus {
    /// Its name.
    pub name: String,
    /// The backend that runs it or would; `None` where none can.
    pub backend: Option<String>,
    /// Where it is; `None` for a model that came loaded.
    pub source: Option<ModelSource>,
    /// Whether requests without a name go to it.
    pub is_default: bool,
    /// Whether it is loaded, and by how many it is used.
    pub state: ModelState,
    /// How many requests run and wait.
    pub queue: QueueStatus,
    /// Whether it could answer, and if not, why and what to do.
    pub availability: Availability,
}

/// A model that was found on this machine and needs no configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiscoveredStatus {
    /// What was found.
    pub model: DiscoveredModel,
    /// The backend that would run it; `None` where none can.
    pub backend: Option<String>,
    /// Whether it could be loaded, and if not, why and what to do.
    pub availability: Availability,
}

impl Service {
    /// The models of the service, in the order of their names. Nothing is loaded for it; servers
    /// are asked, all at once and for at most 5 s. Needs a tokio runtime with time.
    pub async fn status(&self) -> Vec<ModelStatus> {
        let slots: Vec<_> = self.slots().values().cloned().collect();
        join_all(slots.iter().map(|slot| self.status_of(slot))).await
    }

    /// The models found on this machine. It looks at many files and blocks meanwhile.
    pub fn discover(&self) -> Vec<DiscoveredStatus> {
        let found = self.places.discover();
        found
            .into_iter()
            .map(|model| {
                let loader = self
                    .registry
                    .select(&model.to_source(), self.backend.as_deref());
                let availability = match (&model.problem, &loader) {
                    (Some(problem), _) => Availability::unavailable(problem),
                    (None, Err(error)) => Availability::unavailable(error.message()),
                    (None, Ok(_)) => Availability::Available,
                };
                DiscoveredStatus {
                    backend: loader.ok().map(|loader| loader.name().to_owned()),
                    availability,
                    model,
                }
            })
            .collect()
    }

    async fn status_of(&self, slot: &Arc<Slot>) -> ModelStatus {
        let loaded = slot.current();
        let plan = self.plan(slot);
        let (backend, availability) = match (&loaded, plan) {
            (Some(model), _) => (
                Some(model.info().backend.clone()),
                model.availability().await,
            ),
            (None, Ok(plan)) => {
                let backend = plan.loader.name().to_owned();
                let availability = match plan.source {
                    // A served model is not loaded by being opened, so it can be asked.
                    ModelSource::Server { .. } => self.ask(slot).await,
                    ModelSource::Path(path) => look(&path),
                    _ => Availability::Available,
                };
                (Some(backend), availability)
            }
            (None, Err(error)) => (None, Availability::unavailable(error.message())),
        };
        ModelStatus {
            name: slot.name().to_owned(),
            backend,
            source: slot.config().and_then(|config| config.source().ok()),
            is_default: self.default() == Some(slot.name()),
            state: slot.state(),
            queue: slot.queue().status(),
            availability,
        }
    }

    async fn ask(&self, slot: &Arc<Slot>) -> Availability {
        let asked = async {
            match self.lease(slot).await {
                Ok(lease) => lease.model().availability().await,
                Err(error) => unavailable(&error),
            }
        };
        let no_answer = |_| {
            let waited = PATIENCE.as_secs();
            Availability::unavailable(format!("the server has not answered within {waited} s"))
        };
        tokio::time::timeout(PATIENCE, asked)
            .await
            .unwrap_or_else(no_answer)
    }
}

fn unavailable(error: &Error) -> Availability {
    Availability::unavailable(error.message())
}

/// Whether a file is what its name says.
fn look(path: &Path) -> Availability {
    let is_gguf = path.is_file() && path.extension().is_some_and(|kind| kind == "gguf");
    if !is_gguf {
        return Availability::Available;
    }
    match GgufHeader::open(path) {
        Ok(_) => Availability::Available,
        Err(error) => Availability::unavailable(format!("{}: {error}", path.display())),
    }
}
