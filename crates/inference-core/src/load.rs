//! Where a model is and how to load it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind};

/// Where a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelSource {
    /// A GGUF file, or a folder with safetensors and its configuration.
    Path(PathBuf),
    /// A model of an OpenAI-compatible server.
    Server {
        /// The server's address, with or without `/v1`.
        url: String,
        /// The model's name there; unset is what the server serves.
        model: Option<String>,
    },
}

impl fmt::Display for ModelSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Server { url, model: None } => f.write_str(url),
            Self::Server {
                url,
                model: Some(model),
            } => write!(f, "{model} at {url}"),
        }
    }
}

impl From<PathBuf> for ModelSource {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

/// How far a load is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LoadProgress {
    /// What is being done, such as `starting llama-server`.
    pub phase: String,
    /// How much of the load is done, from 0 to 1, where that is known.
    pub fraction: Option<f32>,
}

impl LoadProgress {
    /// A phase of which no fraction is known.
    pub fn new(phase: impl Into<String>) -> Self {
        Self {
            phase: phase.into(),
            fraction: None,
        }
    }

    /// Sets how much of the load is done.
    #[must_use]
    pub fn with_fraction(mut self, fraction: f32) -> Self {
        self.fraction = Some(fraction);
        self
    }
}

/// Takes the progress of a load; called from any thread, and must not block.
pub type ProgressCallback = Arc<dyn Fn(LoadProgress) + Send + Sync>;

/// How to load a model. A loader honours every option that is set or refuses it by name.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LoadOptions {
    /// Name of the loader to use; unset takes the first that is available and accepts the source.
    pub backend: Option<String>,
    /// Tokens that prompt and answer may hold together; unset is the model's own.
    pub context_length: Option<u32>,
    /// Layers to keep on the GPU: −1 is all, 0 none.
    pub gpu_layers: Option<i32>,
    /// Requests served at once; unset is the backend's choice.
    pub parallel_slots: Option<u32>,
    /// A LoRA adapter to apply, without fusing: a folder or a file.
    pub adapter: Option<PathBuf>,
    /// Told of the load's progress.
    #[serde(skip)]
    pub progress: Option<ProgressCallback>,
}

/// One field of [`LoadOptions`] that a loader may be unable to honour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoadOptionKind {
    /// `context_length`
    ContextLength,
    /// `gpu_layers`
    GpuLayers,
    /// `parallel_slots`
    ParallelSlots,
    /// `adapter`
    Adapter,
}

impl LoadOptionKind {
    /// The field's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ContextLength => "context_length",
            Self::GpuLayers => "gpu_layers",
            Self::ParallelSlots => "parallel_slots",
            Self::Adapter => "adapter",
        }
    }
}

impl LoadOptions {
    /// Sets [`backend`](Self::backend).
    #[must_use]
    pub fn with_backend(mut self, name: impl Into<String>) -> Self {
        self.backend = Some(name.into());
        self
    }

    /// Sets [`context_length`](Self::context_length).
    #[must_use]
    pub fn with_context_length(mut self, tokens: u32) -> Self {
        self.context_length = Some(tokens);
        self
    }

    /// Sets [`gpu_layers`](Self::gpu_layers).
    #[must_use]
    pub fn with_gpu_layers(mut self, layers: i32) -> Self {
        self.gpu_layers = Some(layers);
        self
    }

    /// Sets [`parallel_slots`](Self::parallel_slots).
    #[must_use]
    pub fn with_parallel_slots(mut self, slots: u32) -> Self {
        self.parallel_slots = Some(slots);
        self
    }

    /// Sets [`adapter`](Self::adapter).
    #[must_use]
    pub fn with_adapter(mut self, path: impl Into<PathBuf>) -> Self {
        self.adapter = Some(path.into());
        self
    }

    /// Sets [`progress`](Self::progress).
    #[must_use]
    pub fn with_progress(
        mut self,
        progress: impl Fn(LoadProgress) + Send + Sync + 'static,
    ) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }

    /// Tells the progress callback, if there is one.
    pub fn report(&self, progress: LoadProgress) {
        if let Some(callback) = &self.progress {
            callback(progress);
        }
    }

    /// Refuses values that no loader can honour and the first set option that is not among
    /// `supported`. Loaders call it first.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] or [`ErrorKind::Unsupported`], naming the option.
    pub fn require(&self, backend: &str, supported: &[LoadOptionKind]) -> Result<(), Error> {
        let invalid = |message: String| {
            Err(Error::new(ErrorKind::InvalidRequest, message).with_backend(backend))
        };
        if self.context_length == Some(0) {
            return invalid("context_length is 0, but must be 1 or more".to_owned());
        }
        if self.parallel_slots == Some(0) {
            return invalid("parallel_slots is 0, but must be 1 or more".to_owned());
        }
        if let Some(layers) = self.gpu_layers.filter(|layers| *layers < -1) {
            return invalid(format!(
                "gpu_layers is {layers}, but must be -1 (all) or more"
            ));
        }
        let set = [
            (LoadOptionKind::ContextLength, self.context_length.is_some()),
            (LoadOptionKind::GpuLayers, self.gpu_layers.is_some()),
            (LoadOptionKind::ParallelSlots, self.parallel_slots.is_some()),
            (LoadOptionKind::Adapter, self.adapter.is_some()),
        ];
        match set
            .iter()
            .find(|(kind, set)| *set && !supported.contains(kind))
        {
            Some((kind, _)) => Err(Error::unsupported(
                backend,
                format_args!("the load option {}", kind.name()),
            )),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for LoadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadOptions")
            .field("backend", &self.backend)
            .field("context_length", &self.context_length)
            .field("gpu_layers", &self.gpu_layers)
            .field("parallel_slots", &self.parallel_slots)
            .field("adapter", &self.adapter)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_option_that_a_loader_lacks_is_refused_by_name() {
        let options = LoadOptions::default()
            .with_gpu_layers(-1)
            .with_context_length(64);
        let supported = [LoadOptionKind::ContextLength];
        let error = options.require("toy", &supported).expect_err("refused");
        assert_eq!(
            error.to_string(),
            "toy: the load option gpu_layers is not supported"
        );
        let supported = [LoadOptionKind::ContextLength, LoadOptionKind::GpuLayers];
        options.require("toy", &supported).expect("honoured");
    }

    #[test]
    fn values_that_no_loader_can_honour_are_refused_by_name() {
        for (options, name) in [
            (
                LoadOptions::default().with_context_length(0),
                "context_length",
            ),
            (
                LoadOptions::default().with_parallel_slots(0),
                "parallel_slots",
            ),
            (LoadOptions::default().with_gpu_layers(-2), "gpu_layers"),
        ] {
            let error = options.require("toy", &[]).expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(error.message().contains(name), "{error}");
        }
    }
}
