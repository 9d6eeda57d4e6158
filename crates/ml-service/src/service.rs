//! Named models, loaded when they are first asked.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::join_all;
use inference_core::{
    EntryPoint, Error, ErrorKind, GenerateOptions, LoadOptions, LoadProgress, Message, Places,
    Prompt, Registry, TextModel, TokenStream,
};

use crate::config::{Config, ModelConfig};
use crate::{backends, options};

mod adapters;
mod fingerprint;
mod leased;
mod lifecycle;
mod memory;
mod probe;
mod queue;
mod residence;
mod resolve;
mod score;
mod slot;
mod state;
mod status;
mod turn;

use adapters::{Named, settle_adapter};
pub use fingerprint::Fingerprint;
use leased::Leased;
use lifecycle::Lifecycle;
pub use probe::{ProbeOptions, ProbeResult, probe_prompt, probe_response};
pub use queue::QueueStatus;
pub use score::{ScoreOptions, ScoredResponse};
use slot::{Lease, Plan, Slot};
pub use state::ModelState;
pub use status::{DiscoveredStatus, ModelStatus};
pub use turn::{Caller, Turn};

/// Takes the progress of a model's load, with the model's name.
type ModelProgress = Arc<dyn Fn(&str, LoadProgress) + Send + Sync>;

/// Named models, each loaded once, when it is first asked.
///
/// A service is shared by reference or in an `Arc`; every method may be called from any thread.
/// Requests to a model that is still loading wait for that one load. When the last of them is
/// dropped, the load is aborted; when it fails, the next request tries again. A name that is not
/// known is an error that lists the known ones, never another model in silence.
///
/// A model is in use while somebody holds it (see [`get`](Self::get)) or an answer of it. One that
/// nobody uses is unloaded after the time that the configuration says, or to make room for another
/// under its memory ceiling, the least recently used first; the next request loads it again. A
/// model whose backend died for good is loaded again too.
///
/// Dropping the service frees the models that nobody else holds, ends its tasks, and never waits;
/// [`close`](Self::close) waits. Where models can be unloaded, calls need a tokio runtime with
/// time.
pub struct Service {
    lifecycle: Arc<Lifecycle>,
    registry: Registry,
    places: Places,
    /// The weakest options of every request.
    options: GenerateOptions,
    backend: Option<String>,
    default: Option<String>,
    progress: Option<ModelProgress>,
    slots: Mutex<BTreeMap<String, Arc<Slot>>>,
}

impl Service {
    /// A service with the models of a configuration and the loaders that are compiled in.
    ///
    /// Nothing is loaded yet.
    pub fn new(config: &Config) -> Self {
        Self::with_registry(config, backends::registry())
    }

    /// A service with loaders of the caller's choice, such as [`registry`](crate::registry) with
    /// one more. A model that sets keys of one backend only, such as `threads` or `api_key_env`,
    /// gets the built-in loader of that backend with those settings.
    pub fn with_registry(config: &Config, registry: Registry) -> Self {
        let lifecycle = Lifecycle::new(config);
        let slots = config.models().iter().map(|(name, model)| {
            let slot = Slot::configured(name, model.clone(), &lifecycle);
            (name.clone(), Arc::new(slot))
        });
        let slots = Mutex::new(slots.collect());
        Self {
            lifecycle,
            registry,
            places: Places::from_env(),
            options: config.options().clone(),
            backend: config.backend().map(ToOwned::to_owned),
            default: config.default_model().map(ToOwned::to_owned),
            progress: None,
            slots,
        }
    }

    /// Shows the progress of every load to a callback, with the name of its model. It is called
    /// from any thread and must not block.
    #[must_use]
    pub fn with_progress(
        mut self,
        progress: impl Fn(&str, LoadProgress) + Send + Sync + 'static,
    ) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }

    /// Replaces the places where models are discovered; by default those of the environment.
    #[must_use]
    pub fn with_places(mut self, places: Places) -> Self {
        self.places = places;
        self
    }

    /// The loaders of this service.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Adds a model under a new name, without loading it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`]: the name is taken or empty, or the model says not where it
    /// is.
    pub fn add(&self, name: &str, model: ModelConfig) -> Result<(), Error> {
        let slot = Slot::checked(name, model, &self.lifecycle)?;
        let mut slots = self.slots();
        if slots.contains_key(name) {
            let message = format!("there is already a model {name:?}; replace or remove it");
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        slots.insert(name.to_owned(), Arc::new(slot));
        Ok(())
    }

    /// Adds a model or puts it in the place of another, which is closed; running answers of the
    /// old one end with [`ErrorKind::Closed`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`]: the name is empty, or the model says not where it is. Also
    /// the old model's error while closing; the new one is in place even then.
    pub async fn replace(&self, name: &str, model: ModelConfig) -> Result<(), Error> {
        let slot = Slot::checked(name, model, &self.lifecycle)?;
        self.put(name, slot).await
    }

    /// Adds a model that is already loaded, or puts it in the place of another, which is closed.
    ///
    /// # Errors
    /// As [`replace`](Self::replace).
    pub async fn replace_loaded(&self, name: &str, model: Arc<dyn TextModel>) -> Result<(), Error> {
        let slot = Slot::loaded(name, model, &self.lifecycle)?;
        self.put(name, slot).await
    }

    /// Removes a model and closes it; `false` where there is none of this name.
    ///
    /// # Errors
    /// The model's error while closing; it is removed even then.
    pub async fn remove(&self, name: &str) -> Result<bool, Error> {
        let slot = self.slots().remove(name);
        match slot {
            Some(slot) => slot.close().await.map(|()| true),
            None => Ok(false),
        }
    }

    /// The names of the models, in order.
    pub fn list(&self) -> Vec<String> {
        self.slots().keys().cloned().collect()
    }

    /// The model that requests without a name go to.
    pub fn default(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// The model of this name, or the default one, loaded now if it is not yet. It stays loaded
    /// as long as the model that is returned, or an answer of it, is held. The name may have an
    /// adapter after a colon, which its requests then use.
    ///
    /// Dropping the future aborts the load, unless somebody else waits for it too.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: the name is unknown, or there is no default; the message lists
    /// the names. [`ErrorKind::OutOfMemory`] and [`ErrorKind::Unavailable`]: there is no room
    /// under the memory ceiling, never or not soon. Otherwise those of the loader.
    pub async fn get(&self, name: Option<&str>) -> Result<Arc<dyn TextModel>, Error> {
        let Named { slot, adapter } = self.find(name)?;
        let lease = self.lease(&slot).await?;
        Ok(Arc::new(Leased::new(lease, adapter)))
    }

    /// Streams a model's answer. What the request leaves unset comes from the model's own
    /// options, then from the configuration's, then from the table of the entry point.
    ///
    /// The model is loaded first if it is not yet; the stream itself is lazy. The model stays
    /// loaded until the stream has ended or is dropped.
    ///
    /// # Errors
    /// Those of [`get`](Self::get), and [`ErrorKind::InvalidRequest`] for options that no model
    /// can honour. Errors of the answer come in the stream.
    pub async fn generate(
        &self,
        name: Option<&str>,
        prompt: Prompt,
        mut options: GenerateOptions,
        entry: EntryPoint,
    ) -> Result<TokenStream, Error> {
        options.validate()?;
        let Named { slot, adapter } = self.find(name)?;
        settle_adapter(adapter.as_deref(), &mut options.adapter)?;
        let options = self.resolve(&slot, options, entry);
        let lease = self.lease(&slot).await?;
        Ok(leased::answer(lease, prompt, options, ()))
    }

    /// The options that [`generate`](Self::generate) would ask a model with.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: the name is unknown; [`ErrorKind::InvalidRequest`] for options
    /// that no model can honour.
    pub fn options(
        &self,
        name: Option<&str>,
        mut options: GenerateOptions,
        entry: EntryPoint,
    ) -> Result<GenerateOptions, Error> {
        options.validate()?;
        let Named { slot, adapter } = self.find(name)?;
        settle_adapter(adapter.as_deref(), &mut options.adapter)?;
        Ok(self.resolve(&slot, options, entry))
    }

    fn resolve(&self, slot: &Slot, options: GenerateOptions, entry: EntryPoint) -> GenerateOptions {
        let options = options::merge(options, slot.options());
        options::merge(options, &self.options).resolve(entry)
    }

    /// Streams the next turn of a conversation: [`generate`](Self::generate) with the defaults of
    /// [`EntryPoint::Chat`].
    ///
    /// # Errors
    /// As `generate`.
    pub async fn chat(
        &self,
        name: Option<&str>,
        messages: Vec<Message>,
        options: GenerateOptions,
    ) -> Result<TokenStream, Error> {
        let prompt = Prompt::Chat(messages);
        self.generate(name, prompt, options, EntryPoint::Chat).await
    }

    /// Removes all models and closes them, also those that are still loading.
    ///
    /// # Errors
    /// The first error of a model while closing; all others are closed even then.
    pub async fn close(&self) -> Result<(), Error> {
        let slots = std::mem::take(&mut *self.slots());
        let closing = slots.values().map(|slot| slot.close());
        join_all(closing).await.into_iter().collect()
    }

    async fn put(&self, name: &str, slot: Slot) -> Result<(), Error> {
        let old = self.slots().insert(name.to_owned(), Arc::new(slot));
        match old {
            Some(old) => old.close().await,
            None => Ok(()),
        }
    }

    async fn lease(&self, slot: &Arc<Slot>) -> Result<Lease, Error> {
        slot.lease(|| self.plan(slot)).await
    }

    /// How a model would be loaded now.
    fn plan(&self, slot: &Slot) -> Result<Plan, Error> {
        let mut plan = slot.plan(&self.registry, self.backend.as_deref())?;
        if plan.options.progress.is_none()
            && let Some(progress) = self.progress.clone()
        {
            let name = slot.name().to_owned();
            plan.options = plan
                .options
                .with_progress(move |step| progress(&name, step));
        }
        Ok(plan)
    }

    fn slot(&self, name: Option<&str>) -> Result<Arc<Slot>, Error> {
        Ok(self.find(name)?.slot)
    }

    /// The name that was given, else the default one.
    fn reference(&self, name: Option<&str>) -> Result<String, Error> {
        if let Some(name) = name.or(self.default.as_deref()) {
            return Ok(name.to_owned());
        }
        let names = self.list();
        let hint = if names.is_empty() {
            "none is configured".to_owned()
        } else {
            format!("there is {}", names.join(", "))
        };
        let message = format!("no model was named and there is no default; {hint}");
        Err(Error::new(ErrorKind::NotFound, message))
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.lifecycle.end();
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("registry", &self.registry)
            .field("default", &self.default)
            .field("models", &self.list())
            .finish_non_exhaustive()
    }
}
