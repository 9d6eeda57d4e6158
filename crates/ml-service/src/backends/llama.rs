//! The loader `llama_cpp`, with a model's own settings in it, for adapters in every layout.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use backend_llama::{LlamaConfig, LlamaLoader, LoraAdapter};
use futures::future::{BoxFuture, FutureExt as _};
use inference_core::{
    Availability, Error, ErrorKind, LoadOptions, LoadProgress, ModelLoader, ModelSource, TextModel,
};

use crate::adapter_cache::{self, AdapterCache};
use crate::config::{AdapterConfig, ModelConfig};

/// Loads as [`LlamaLoader`] does, with adapters that llama-server cannot read converted before.
pub(super) struct Loader {
    config: LlamaConfig,
    inner: LlamaLoader,
}

impl Loader {
    /// A loader for this model alone.
    pub(super) fn new(model: &ModelConfig) -> Self {
        let config = config(model);
        let inner = LlamaLoader::with_config(config.clone());
        Self { config, inner }
    }

    /// The llama-server that would be run.
    pub(super) fn program(&self) -> Option<PathBuf> {
        self.inner.program()
    }
}

impl ModelLoader for Loader {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[&str] {
        self.inner.aliases()
    }

    fn availability(&self) -> Availability {
        self.inner.availability()
    }

    fn accepts(&self, source: &ModelSource) -> bool {
        self.inner.accepts(source)
    }

    fn load(
        &self,
        source: ModelSource,
        mut options: LoadOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TextModel>, Error>> {
        let mut config = self.config.clone();
        async move {
            let adapter = options.adapter.take().map(LoraAdapter::new);
            config.adapters.extend(adapter);
            if let ModelSource::Path(model) = &source
                && !config.adapters.is_empty()
            {
                options.report(LoadProgress::new("preparing the adapters"));
                let model = model.clone();
                let prepared = tokio::task::spawn_blocking(move || {
                    prepare(&mut config.adapters, &model).map(|()| config)
                });
                config = prepared.await.map_err(|error| {
                    let message = "the adapters could not be prepared";
                    Error::new(ErrorKind::Backend, message).with_source(error)
                })??;
            }
            LlamaLoader::with_config(config).load(source, options).await
        }
        .boxed()
    }
}

fn config(model: &ModelConfig) -> LlamaConfig {
    // The file comes with the source, what every backend knows with the load options.
    let mut config = LlamaConfig::new("").with_extra_args(model.extra_args.iter().cloned());
    if let Some(program) = &model.llama_server {
        config = config.with_binary(program);
    }
    if let Some(threads) = model.threads.and_then(NonZeroU32::new) {
        config = config.with_threads(threads);
    }
    if let Some(patience) = model.start_patience {
        config = config.with_start_patience(patience);
    }
    if let Some(grace) = model.stop_grace {
        config = config.with_stop_grace(grace);
    }
    for own in &model.adapters {
        config = config.with_adapter(adapter(own));
    }
    config
}

fn adapter(own: &AdapterConfig) -> LoraAdapter {
    let mut adapter = LoraAdapter::new(&own.path);
    if let Some(name) = &own.name {
        adapter = adapter.with_name(name);
    }
    if let Some(scale) = own.scale {
        adapter = adapter.with_scale(scale);
    }
    if own.on_request {
        adapter = adapter.on_request();
    }
    adapter
}

/// Puts files that llama-server can read in the place of others. Requests call them what they
/// would have called the others.
fn prepare(adapters: &mut [LoraAdapter], model: &Path) -> Result<(), Error> {
    let cache = AdapterCache::from_env();
    for adapter in adapters {
        if adapter_cache::is_gguf_file(&adapter.path)? {
            continue;
        }
        let cache = cache.as_ref().ok_or_else(|| {
            let message = "there is no home folder to convert adapters into: set ML_CACHE";
            Error::new(ErrorKind::InvalidRequest, message)
        })?;
        adapter
            .name
            .get_or_insert_with(|| adapter_cache::name(&adapter.path));
        adapter.path = cache.gguf(&adapter.path, model)?;
    }
    Ok(())
}
