//! Who a model is, so that its answers are never taken for another's.

use std::num::NonZeroUsize;
use std::path::Path;

use inference_core::{Error, ModelSource, TextModel};
use ml_judge::ModelIdentity;

use super::Service;
use super::adapters::Named;
use crate::config::ModelConfig;

/// Who a model is, as far as that can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fingerprint {
    /// A model of this machine, known by what is in its files.
    Content {
        /// The backend, with the settings that change what it answers.
        backend: String,
        /// Hash of the model's file or folder.
        model: String,
        /// Hashes of the adapters that it is loaded with, where there are any.
        adapters: Option<String>,
    },
    /// A model of a server: nobody can check whether it is still the same one.
    Served {
        /// The server; empty for a model that came loaded.
        url: String,
        /// The model's name there.
        name: String,
        /// What the server tells of it, with the fields that are added to every request.
        told: String,
    },
}

impl From<Fingerprint> for ModelIdentity {
    fn from(fingerprint: Fingerprint) -> Self {
        match fingerprint {
            Fingerprint::Content {
                backend,
                model,
                adapters,
            } => Self::of_content(&backend, model, adapters.as_deref()),
            Fingerprint::Served { url, name, told } => Self::served(&url, &name, &told),
        }
    }
}

impl Service {
    /// Who the model of this name is. It is loaded for it where it is not yet.
    ///
    /// Files are read once; their hashes are kept in the folder `hashes` of our cache while the
    /// files stay as they are. Needs a tokio runtime.
    ///
    /// # Errors
    /// Those of [`get`](Self::get), and [`InvalidRequest`](inference_core::ErrorKind::InvalidRequest)
    /// where a file of the model or of an adapter cannot be read.
    pub async fn fingerprint(&self, name: &str) -> Result<Fingerprint, Error> {
        let Named { slot, adapter } = self.find(Some(name))?;
        let lease = self.lease(&slot).await?;
        let model = lease.model();
        let Some(config) = slot.config() else {
            return Ok(served(String::new(), &**model, &ModelConfig::default()));
        };
        let path = match config.source() {
            Ok(ModelSource::Path(path)) => path,
            Ok(ModelSource::Server { url, .. }) => return Ok(served(url, &**model, config)),
            _ => return Ok(served(String::new(), &**model, config)),
        };
        let backend = how(&model.info().backend, config);
        let config = config.clone();
        let hashed = tokio::task::spawn_blocking(move || hashes(&path, &config)).await;
        // It is not told only where the runtime ends.
        let (model, adapters) = hashed.map_err(|_| Error::cancelled())??;
        // The loaded ones, and which of them this name asks for.
        let asked = adapter.map(|adapter| format!("asks for {adapter}"));
        let adapters: Vec<_> = adapters.into_iter().chain(asked).collect();
        Ok(Fingerprint::Content {
            backend,
            model,
            adapters: (!adapters.is_empty()).then(|| adapters.join(" + ")),
        })
    }

    /// How many requests the model of this name serves at once, where its configuration says.
    ///
    /// # Errors
    /// [`NotFound`](inference_core::ErrorKind::NotFound): the name is unknown.
    pub fn concurrency(&self, name: &str) -> Result<Option<NonZeroUsize>, Error> {
        let slot = self.slot(Some(name))?;
        let said = |config: &ModelConfig| config.parallel_slots.or(config.concurrency);
        let said = slot.config().and_then(said);
        Ok(said
            .and_then(|requests| usize::try_from(requests).ok())
            .and_then(NonZeroUsize::new))
    }
}

fn served(url: String, model: &dyn TextModel, config: &ModelConfig) -> Fingerprint {
    let info = model.info();
    let told = serde_json::json!({ "info": info, "extra_body": config.extra_body });
    Fingerprint::Served {
        url,
        name: info.name.clone(),
        told: told.to_string(),
    }
}

/// The backend, with the settings that change its arithmetic or its sampling.
fn how(backend: &str, config: &ModelConfig) -> String {
    let kv_cache = config.kv_cache.as_ref();
    let kv_cache = kv_cache.map(|kv_cache| format!("kv_cache={kv_cache}"));
    let settings = kv_cache.iter().chain(&config.extra_args);
    let words = [backend].into_iter().chain(settings.map(String::as_str));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(unix)]
fn hashes(model: &Path, config: &ModelConfig) -> Result<(String, Option<String>), Error> {
    let cache = crate::hash_cache::HashCache::from_env();
    let model = cache.model(model)?;
    let mut adapters = Vec::new();
    if let Some(adapter) = &config.adapter {
        adapters.push(cache.adapter(adapter)?);
    }
    for adapter in &config.adapters {
        let hash = cache.adapter(&adapter.path)?;
        let name = adapter.name.as_deref().unwrap_or_default();
        let (scale, on_request) = (adapter.scale.unwrap_or(1.0), adapter.on_request);
        adapters.push(format!(
            "{hash} name={name} scale={scale} on_request={on_request}"
        ));
    }
    Ok((model, (!adapters.is_empty()).then(|| adapters.join(" + "))))
}

#[cfg(not(unix))]
fn hashes(_: &Path, _: &ModelConfig) -> Result<(String, Option<String>), Error> {
    let message = "files of models are told apart on Unix only";
    Err(Error::new(inference_core::ErrorKind::Unavailable, message))
}
