//! Loading and unloading of models by name.

use std::sync::Arc;

use inference_core::{Error, ModelInfo, OptionKind, TextModel};

use super::{ModelState, Service};

impl Service {
    /// Loads a model, if it is not yet, and waits for it.
    ///
    /// Dropping the future aborts the load, unless somebody else waits for it too.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn load(&self, name: &str) -> Result<(), Error> {
        let slot = self.slot(Some(name))?;
        self.lease(&slot).await.map(drop)
    }

    /// Begins to load a model, if it is not loaded yet, in a task of the service; a failure shows
    /// in its [`state`](Self::state). Needs a tokio runtime.
    ///
    /// # Errors
    /// As [`get`](Self::get), for what is known before a loader begins.
    pub fn load_in_background(&self, name: &str) -> Result<(), Error> {
        let slot = self.slot(Some(name))?;
        if slot.current().is_none() {
            slot.load_in_background(self.plan(&slot)?);
        }
        Ok(())
    }

    /// Begins to load all models whose configuration says `preload`, as
    /// [`load_in_background`](Self::load_in_background) does. Those that cannot be loaded come
    /// back by name.
    pub fn preload(&self) -> Vec<(String, Error)> {
        let slots: Vec<_> = self.slots().values().cloned().collect();
        let wanted = slots
            .iter()
            .filter(|slot| slot.config().is_some_and(|config| config.preload));
        let failed = wanted.filter_map(|slot| {
            let plan = self
                .plan(slot)
                .map_err(|error| (slot.name().to_owned(), error));
            plan.map(|plan| slot.load_in_background(plan)).err()
        });
        failed.collect()
    }

    /// Unloads a model once nobody uses it, and waits for that; until then it takes no new
    /// requests, and those that come wait. A load in progress is ended, and those who wait for it
    /// get [`Unavailable`](inference_core::ErrorKind::Unavailable). The next request loads the
    /// model again. Pinned models are unloaded too. `false` where there was nothing to unload.
    ///
    /// Dropping the future before the model is idle leaves it as it is. To end running answers
    /// instead of waiting for them, [`remove`](Self::remove) the model. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`NotFound`](inference_core::ErrorKind::NotFound): the name is unknown.
    /// [`InvalidRequest`](inference_core::ErrorKind::InvalidRequest): the model came loaded, and
    /// could not be loaded again. Also the model's error while closing; it is gone even then.
    pub async fn unload(&self, name: &str) -> Result<bool, Error> {
        let slot = self.slot(Some(name))?;
        slot.unload().await
    }

    /// What the model of this name is doing. It asks nobody.
    ///
    /// # Errors
    /// [`NotFound`](inference_core::ErrorKind::NotFound): the name is unknown.
    pub fn state(&self, name: &str) -> Result<ModelState, Error> {
        Ok(self.slot(Some(name))?.state())
    }

    /// What is known of the model of this name while it is loaded; `None` while it is not.
    ///
    /// # Errors
    /// [`NotFound`](inference_core::ErrorKind::NotFound): the name is unknown.
    pub fn info(&self, name: &str) -> Result<Option<ModelInfo>, Error> {
        let model = self.slot(Some(name))?.current();
        Ok(model.map(|model| model.info().clone()))
    }

    /// The options that the model of this name honours, while it is loaded.
    ///
    /// # Errors
    /// [`NotFound`](inference_core::ErrorKind::NotFound): the name is unknown.
    pub fn honoured(&self, name: &str) -> Result<Option<Vec<OptionKind>>, Error> {
        let model = self.slot(Some(name))?.current();
        let honoured = |model: Arc<dyn TextModel>| {
            let kinds = OptionKind::ALL.into_iter();
            kinds.filter(|kind| model.supports(*kind)).collect()
        };
        Ok(model.map(honoured))
    }

    /// What models that are loaded, loading or being unloaded are counted with together.
    pub fn memory_bytes(&self) -> u64 {
        self.lifecycle.memory.taken()
    }

    /// What they may take together; `None` is without bound.
    pub fn memory_ceiling(&self) -> Option<u64> {
        self.lifecycle.memory.ceiling()
    }
}
