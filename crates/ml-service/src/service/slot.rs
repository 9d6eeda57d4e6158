//! One named model: not yet loaded, loading, loaded or closed.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::{AbortHandle, Abortable, BoxFuture, FutureExt as _, Shared, WeakShared};
use inference_core::{
    Error, ErrorKind, GenerateOptions, LoadOptions, ModelLoader, ModelSource, ProgressCallback,
    Registry, TextModel,
};

use crate::backends;
use crate::config::{ModelConfig, has_user_info};

type Loaded = Result<Arc<dyn TextModel>, Error>;
type Load = BoxFuture<'static, Loaded>;

/// One named model.
pub(super) struct Slot {
    name: String,
    /// How to load it; `None` where it came loaded.
    config: Option<ModelConfig>,
    options: GenerateOptions,
    /// Told of the load's progress, in place of the service's callback.
    progress: Option<ProgressCallback>,
    state: Mutex<State>,
}

/// How a model is loaded.
pub(super) struct Plan {
    pub(super) loader: Arc<dyn ModelLoader>,
    pub(super) source: ModelSource,
    pub(super) options: LoadOptions,
}

enum State {
    /// Not asked yet, or the load failed or was dropped.
    Idle,
    /// Held by those who wait for it: when the last one is gone, so is the load.
    Loading {
        load: WeakShared<Load>,
        abort: AbortHandle,
    },
    Loaded(Arc<dyn TextModel>),
    Closed,
}

impl Slot {
    /// A model that is loaded when it is first asked.
    pub(super) fn configured(name: &str, config: ModelConfig) -> Self {
        Self {
            name: name.to_owned(),
            options: config.options.clone(),
            config: Some(config),
            progress: None,
            state: Mutex::new(State::Idle),
        }
    }

    /// Like [`configured`](Self::configured), for a configuration that nobody has checked.
    pub(super) fn checked(name: &str, config: ModelConfig) -> Result<Self, Error> {
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
        Ok(Self::configured(name, config))
    }

    /// A model that is there already.
    pub(super) fn loaded(name: &str, model: Arc<dyn TextModel>) -> Result<Self, Error> {
        require_name(name)?;
        Ok(Self {
            name: name.to_owned(),
            config: None,
            options: GenerateOptions::default(),
            progress: None,
            state: Mutex::new(State::Loaded(model)),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn config(&self) -> Option<&ModelConfig> {
        self.config.as_ref()
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

    /// The model, if it is loaded.
    pub(super) fn current(&self) -> Option<Arc<dyn TextModel>> {
        match &*self.state() {
            State::Loaded(model) => Some(Arc::clone(model)),
            _ => None,
        }
    }

    /// The model, loaded as planned if nobody has asked for it yet.
    pub(super) async fn get(
        self: &Arc<Self>,
        plan: impl FnOnce() -> Result<Plan, Error>,
    ) -> Loaded {
        let load = match self.join(plan) {
            Ok(load) => load,
            Err(at_once) => return at_once,
        };
        load.await
    }

    /// The load to wait for, or what is known without one.
    fn join(
        self: &Arc<Self>,
        plan: impl FnOnce() -> Result<Plan, Error>,
    ) -> Result<Shared<Load>, Loaded> {
        let mut state = self.state();
        match &*state {
            State::Loaded(model) => return Err(Ok(Arc::clone(model))),
            State::Closed => return Err(Err(self.closed())),
            State::Loading { load, .. } => {
                // One that has ended is either loaded, which is another state, or has failed.
                let running = load.upgrade().filter(|load| load.peek().is_none());
                if let Some(load) = running {
                    return Ok(load);
                }
            }
            State::Idle => {}
        }
        let (abort, registration) = AbortHandle::new_pair();
        let plan = plan().map_err(Err)?;
        let loading = Abortable::new(Arc::clone(self).run(plan), registration);
        let slot = Arc::clone(self);
        let load = async move { loading.await.unwrap_or_else(|_aborted| Err(slot.closed())) }
            .boxed()
            .shared();
        *state = State::Loading {
            load: load.downgrade().expect("it has not been polled to its end"),
            abort,
        };
        Ok(load)
    }

    async fn run(self: Arc<Self>, plan: Plan) -> Loaded {
        let model = plan.loader.load(plan.source, plan.options).await?;
        let mut state = self.state();
        if matches!(*state, State::Closed) {
            return Err(self.closed());
        }
        *state = State::Loaded(Arc::clone(&model));
        Ok(model)
    }

    /// Closes the model, or aborts its load; those who wait for it get `Closed`.
    pub(super) async fn close(&self) -> Result<(), Error> {
        let old = std::mem::replace(&mut *self.state(), State::Closed);
        match old {
            State::Loaded(model) => model.close().await,
            State::Loading { load, abort } => {
                abort.abort();
                if let Some(load) = load.upgrade() {
                    // It ends now, and what it held is gone when it has.
                    let _ = load.await;
                }
                Ok(())
            }
            State::Idle | State::Closed => Ok(()),
        }
    }

    fn closed(&self) -> Error {
        let message = format!("model {:?} was closed", self.name);
        Error::new(ErrorKind::Closed, message)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
