//! What a reference to a model means: a name, a path, or the name of something discovered.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use inference_core::{DiscoveredModel, DiscoverySource, Error, ErrorKind, LoadOptions};

use super::Service;
use super::slot::Slot;
use crate::config::{ModelConfig, nearest};
use crate::repo_ref::{Fit, RepoRef};

impl Service {
    /// Finds the model that a reference means and makes it known to the service; returns the
    /// name to ask for it by. Nothing is loaded yet. Without a reference it is the default.
    ///
    /// A reference is, in this order: the name of a model of the service; such a name, a colon and
    /// the name of one of its adapters, which all requests of that name use; the path of a GGUF file
    /// or a model folder; the name, or file name, of a discovered model; a [`RepoRef`] to one in
    /// the cache of Hugging Face's libraries. What a path leads to is called by its file's name
    /// without `.gguf`, or its folder's; by the path where another model has that name. Fields of `overrides` that are set win over the
    /// model's own; with any of them set, the model is loaded anew.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: it means nothing, or there is no default; the message lists what
    /// there is. [`ErrorKind::InvalidRequest`]: several discovered models have the name, and the
    /// message lists their paths; or a model that came loaded would be loaded anew.
    pub fn open(&self, reference: Option<&str>, overrides: &LoadOptions) -> Result<String, Error> {
        let reference = self.reference(reference)?;
        let known = self.slots().get(&reference).cloned();
        if let Some(slot) = known {
            if is_empty(overrides) {
                return Ok(reference);
            }
            let Some(config) = slot.config() else {
                let message = format!("model {reference:?} is already loaded as it is");
                return Err(Error::new(ErrorKind::InvalidRequest, message));
            };
            return self.open_as(reference, config.clone(), overrides);
        }
        let adapted = self.find_adapted(&reference);
        if let Some(Ok(named)) = &adapted {
            self.open(Some(named.slot.name()), overrides)?;
            return Ok(reference);
        }
        let path = Path::new(&reference);
        if path.exists() {
            let name = model_name(path).unwrap_or_else(|| reference.clone());
            return match self.path_of(&name) {
                Some(known) if known != path => {
                    // Two models cannot have one name.
                    self.open_as(reference.clone(), ModelConfig::at_path(path), overrides)
                }
                Some(_) if is_empty(overrides) => Ok(name),
                _ => self.open_as(name, ModelConfig::at_path(path), overrides),
            };
        }
        let found = match (self.discovered(&reference), adapted) {
            (Err(error), Some(Err(unknown))) if error.kind() == ErrorKind::NotFound => {
                return Err(unknown);
            }
            (found, _) => found?,
        };
        self.open_as(found.name, ModelConfig::at_path(found.path), overrides)
    }

    /// The file or folder of the model that a reference means, as [`open`](Self::open) takes it.
    ///
    /// # Errors
    /// As `open`; also [`ErrorKind::InvalidRequest`] where it means a model behind a server.
    pub fn locate(&self, reference: &str) -> Result<PathBuf, Error> {
        let known = self.slots().get(reference).cloned();
        if let Some(slot) = known {
            let path = slot.config().and_then(|config| config.path.clone());
            return path.ok_or_else(|| {
                let message = format!("the model {reference:?} is no file or folder");
                Error::new(ErrorKind::InvalidRequest, message)
            });
        }
        if Path::new(reference).exists() {
            return Ok(reference.into());
        }
        Ok(self.discovered(reference)?.path)
    }

    /// Where a known model is; empty for one that is no file or folder.
    fn path_of(&self, name: &str) -> Option<PathBuf> {
        let slot = self.slots().get(name).cloned()?;
        let path = slot.config().and_then(|config| config.path.clone());
        Some(path.unwrap_or_default())
    }

    fn open_as(
        &self,
        name: String,
        mut model: ModelConfig,
        overrides: &LoadOptions,
    ) -> Result<String, Error> {
        model.override_with(overrides);
        let slot = Slot::checked(&name, model, &self.lifecycle)?;
        let slot = slot.with_progress(overrides.progress.clone());
        self.slots().insert(name.clone(), Arc::new(slot));
        Ok(name)
    }

    /// The one discovered model of this name or file name.
    fn discovered(&self, reference: &str) -> Result<DiscoveredModel, Error> {
        let mut all = self.places.discover();
        let is_meant = |model: &DiscoveredModel| {
            model.name == reference || model.path.file_name().is_some_and(|name| name == reference)
        };
        let mut meant: Vec<_> = all.extract_if(.., |model| is_meant(model)).collect();
        if meant.is_empty()
            && let Ok(reference) = reference.parse()
        {
            meant = of_repository(&mut all, &reference);
        }
        if meant.len() > 1 {
            let paths: Vec<_> = meant
                .iter()
                .map(|model| model.path.display().to_string())
                .collect();
            let message = format!(
                "{reference:?} is the name of several models; say which by its path: {}",
                paths.join(", ")
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        meant.pop().ok_or_else(|| {
            let names = self.list();
            let names = names.iter().chain(all.iter().map(|model| &model.name));
            let names: Vec<&str> = names.map(String::as_str).collect();
            let message = unknown(reference, &names);
            let message = format!("{message}; and there is no such file or folder");
            Error::new(ErrorKind::NotFound, message)
        })
    }
}

/// The models that a reference to a repository means, taken out of all that were discovered.
fn of_repository(all: &mut Vec<DiscoveredModel>, reference: &RepoRef) -> Vec<DiscoveredModel> {
    let fit = |model: &DiscoveredModel| {
        let path = path_in_repository(model, reference.repository())?;
        match reference.file() {
            Some(file) => Fit::of(&path, file),
            None => Some(Fit::Path),
        }
    };
    let best = all.iter().filter_map(fit).max();
    all.extract_if(.., |model| best.is_some() && fit(model) == best)
        .collect()
}

/// Where a model is in its repository: below `models--org--name/snapshots/COMMIT`.
fn path_in_repository(model: &DiscoveredModel, repository: &str) -> Option<String> {
    if model.source != DiscoverySource::HuggingFaceCache {
        return None;
    }
    let folder = format!("models--{}", repository.replace('/', "--"));
    let parts: Vec<_> = model.path.iter().filter_map(|part| part.to_str()).collect();
    let at = parts.iter().rposition(|part| *part == folder)?;
    Some(parts.get(at + 3..)?.join("/"))
}

fn is_empty(overrides: &LoadOptions) -> bool {
    overrides.backend.is_none()
        && overrides.context_length.is_none()
        && overrides.gpu_layers.is_none()
        && overrides.parallel_slots.is_none()
        && overrides.adapter.is_none()
}

/// What to say when a name is not known.
pub(super) fn unknown(name: &str, names: &[&str]) -> String {
    let known = if names.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there is {}", names.join(", "))
    };
    match nearest(name, names) {
        Some(nearest) => format!("unknown model {name:?}; did you mean {nearest:?}? {known}"),
        None => format!("unknown model {name:?}; {known}"),
    }
}

/// What a file or folder is called: its name without the extension of a GGUF file.
fn model_name(path: &Path) -> Option<String> {
    let whole = path.canonicalize().ok()?;
    // A link may say more than what it leads to.
    let name = path.file_name().or_else(|| whole.file_name())?;
    let name = name.to_str()?;
    Some(name.strip_suffix(".gguf").unwrap_or(name).to_owned())
}
