//! One named model: not loaded, loading, loaded, being unloaded or closed.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures::future::{BoxFuture, WeakShared};
use inference_core::{
    Error, ErrorKind, GenerateOptions, LoadOptions, ModelLoader, ModelSource, ProgressCallback,
    Registry, TextModel,
};
use tokio::sync::Notify;

use super::lifecycle::Lifecycle;
use super::memory::Reservation;
use super::queue::Queue;
use super::state::{ModelState, time_left};
use crate::backends;
use crate::config::{ModelConfig, has_user_info};

mod drain;
mod idle;
mod load;
mod residency;
mod unload;

pub(super) use drain::Drain;
use load::Loading;
pub(super) use residency::Lease;
use residency::Residency;

/// Requests that may wait for a place where nobody says.
const MAX_WAITING: u32 = 64;

/// Requests that a served model gets at once where nobody says: its own queue is behind them.
const SERVED_PLACES: usize = 64;

/// One named model.
pub(super) struct Slot {
    name: String,
    /// How to load it; `None` where it came loaded.
    config: Option<ModelConfig>,
    options: GenerateOptions,
    /// Told of the load's progress, in place of the service's callback.
    progress: Option<ProgressCallback>,
    lifecycle: Arc<Lifecycle>,
    queue: Arc<Queue>,
    /// Told when a model may have become idle, usable or free.
    changed: Arc<Notify>,
    /// How many want it to become idle.
    drains: AtomicUsize,
    /// Whether a task of the service loads it.
    is_adopted: AtomicBool,
    inner: Mutex<Inner>,
}

struct Inner {
    state: State,
    /// What the last load took.
    last_load: Option<Duration>,
}

enum State {
    /// Not asked yet, unloaded, or the load failed or was dropped.
    Unloaded(Option<Failure>),
    /// Held by those who wait for it: when the last one is gone, so is the load.
    Loading(Loading),
    Loaded(Loaded),
    /// Runs in a task of the service.
    Unloading(WeakShared<Unload>),
    Closed,
}

type Unload = BoxFuture<'static, Result<(), Error>>;

struct Failure {
    at: SystemTime,
    error: Error,
}

struct Loaded {
    residency: Arc<Residency>,
    since: SystemTime,
    /// `None` for a model that came loaded: what it takes is not known.
    reservation: Option<Reservation>,
}

/// How a model is loaded.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) loader: Arc<dyn ModelLoader>,
    pub(super) source: ModelSource,
    pub(super) options: LoadOptions,
}

impl Slot {
    /// A model that is loaded when it is first asked.
    pub(super) fn configured(name: &str, config: ModelConfig, lifecycle: &Arc<Lifecycle>) -> Self {
        let room = config.max_waiting.or(lifecycle.max_waiting);
        let room = room.unwrap_or(MAX_WAITING) as usize;
        let unknown = match config.path {
            // It is told by the load, which the first request begins.
            Some(_) => 1,
            None => SERVED_PLACES,
        };
        let places = configured_places(&config).unwrap_or(unknown);
        Self {
            name: name.to_owned(),
            queue: Queue::new(name, places, room),
            options: config.options.clone(),
            config: Some(config),
            progress: None,
            lifecycle: Arc::clone(lifecycle),
            changed: Arc::default(),
            drains: AtomicUsize::new(0),
            is_adopted: AtomicBool::new(false),
            inner: Mutex::new(Inner {
                state: State::Unloaded(None),
                last_load: None,
            }),
        }
    }

    /// Like [`configured`](Self::configured), for a configuration that nobody has checked.
    pub(super) fn checked(
        name: &str,
        config: ModelConfig,
        lifecycle: &Arc<Lifecycle>,
    ) -> Result<Self, Error> {
        let invalid = |message| Err(Error::new(ErrorKind::InvalidRequest, message));
        require_name(name)?;
        if config.url.as_deref().is_some_and(has_user_info) {
            let message = "the url holds a user or a password; put the key into an environment \
                           variable and name it with api_key_env";
            return invalid(message.to_owned());
        }
        if let Err(error) = config.source() {
            return invalid(format!("model {name:?}: {error}"));
        }
        if let Some((key, problem)) = config.contradiction() {
            return invalid(format!("model {name:?}: {key}: {problem}"));
        }
        config.options.validate()?;
        Ok(Self::configured(name, config, lifecycle))
    }

    /// A model that is there already.
    pub(super) fn loaded(
        name: &str,
        model: Arc<dyn TextModel>,
        lifecycle: &Arc<Lifecycle>,
    ) -> Result<Self, Error> {
        require_name(name)?;
        let mut slot = Self::configured(name, ModelConfig::default(), lifecycle);
        slot.config = None;
        let places = model.info().parallel_slots;
        slot.queue
            .set_places(places.map_or(usize::MAX, |slots| slots as usize));
        let loaded = Loaded {
            residency: Residency::new(model, lifecycle.tick()),
            since: SystemTime::now(),
            reservation: None,
        };
        slot.lock().state = State::Loaded(loaded);
        Ok(slot)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn config(&self) -> Option<&ModelConfig> {
        self.config.as_ref()
    }

    /// Who runs and waits at this model.
    pub(super) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// The options of requests that do not set them.
    pub(super) fn options(&self) -> &GenerateOptions {
        &self.options
    }

    /// Shows the progress of the load to this callback.
    pub(super) fn with_progress(mut self, progress: Option<ProgressCallback>) -> Self {
        self.progress = progress;
        self
    }

    /// How this model would be loaded now; `backend` is for one that names none.
    pub(super) fn plan(&self, registry: &Registry, backend: Option<&str>) -> Result<Plan, Error> {
        let Some(config) = &self.config else {
            let message = format!("model {:?} came loaded", self.name);
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        };
        let source = config
            .source()
            .map_err(|error| Error::new(ErrorKind::InvalidRequest, error.to_string()))?;
        let mut options = config.load_options();
        options.progress.clone_from(&self.progress);
        if options.backend.is_none() {
            options.backend = backend.map(ToOwned::to_owned);
        }
        require_file(&source)?;
        let loader = backends::select(registry, config, &source, options.backend.as_deref())?;
        Ok(Plan {
            loader,
            source,
            options,
        })
    }

    /// The model, if it is loaded. This is no use of it.
    pub(super) fn current(&self) -> Option<Arc<dyn TextModel>> {
        match &self.lock().state {
            State::Loaded(loaded) => Some(Arc::clone(&loaded.residency.model)),
            _ => None,
        }
    }

    /// What it is doing now.
    pub(super) fn state(&self) -> ModelState {
        let inner = self.lock();
        match &inner.state {
            State::Unloaded(None) | State::Closed => ModelState::Unloaded,
            State::Unloaded(Some(failure)) => ModelState::Failed {
                at: failure.at,
                error: failure.error.clone(),
            },
            State::Loading(loading) if !loading.is_live() => ModelState::Unloaded,
            State::Loading(loading) => {
                let (elapsed, progress) = loading.progress();
                ModelState::Loading {
                    since: loading.since(),
                    time_left: time_left(elapsed, progress.fraction, inner.last_load),
                    progress,
                }
            }
            State::Loaded(loaded) => ModelState::Loaded {
                since: loaded.since,
                in_use: loaded.residency.uses(),
                memory_bytes: loaded
                    .reservation
                    .as_ref()
                    .map_or(0, |reserved| reserved.bytes),
            },
            State::Unloading(_) => ModelState::Unloading,
        }
    }

    fn closed(&self) -> Error {
        let message = format!("model {:?} was closed", self.name);
        Error::new(ErrorKind::Closed, message)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Requests that may run at once, where the configuration says.
fn configured_places(config: &ModelConfig) -> Option<usize> {
    let places = config.parallel_slots.or(config.concurrency);
    places.map(|places| places as usize)
}

fn require_name(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "a model needs a name",
        ));
    }
    Ok(())
}

fn require_file(source: &ModelSource) -> Result<(), Error> {
    match source {
        ModelSource::Path(path) => require_exists(path),
        _ => Ok(()),
    }
}

fn require_exists(path: &Path) -> Result<(), Error> {
    match path.try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => {
            let message = format!("there is no file or folder {}", path.display());
            Err(Error::new(ErrorKind::NotFound, message))
        }
        Err(error) => {
            let message = format!("cannot look at {}", path.display());
            Err(Error::new(ErrorKind::InvalidRequest, message).with_source(error))
        }
    }
}
