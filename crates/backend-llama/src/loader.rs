//! Loads GGUF files.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::{BoxFuture, FutureExt as _};
use inference_core::{
    Availability, Error, LoadOptionKind, LoadOptions, LoadProgress, ModelLoader, ModelSource,
    TextModel,
};

use crate::binary::Search;
use crate::config::{LlamaConfig, LoraAdapter};
use crate::error::BACKEND;
use crate::progress::{StartPhase, StartProgress};
use crate::server::LlamaServer;
use crate::text_model::LlamaTextModel;

/// The loader `llama_cpp`, or `llama`: runs a GGUF file on a llama-server of its own.
///
/// It takes every load option; an adapter is a GGUF file too.
#[derive(Debug, Clone)]
pub struct LlamaLoader {
    template: LlamaConfig,
}

impl LlamaLoader {
    /// A loader with the default configuration.
    pub fn new() -> Self {
        Self::with_config(LlamaConfig::new(""))
    }

    /// A loader for servers that share program, threads and the rest of a configuration. The
    /// model comes from the source, and load options that are set come first.
    pub fn with_config(template: LlamaConfig) -> Self {
        Self { template }
    }

    /// The llama-server that would be run: the configuration's, that of `LLAMA_SERVER`, one on
    /// `PATH`, or the one in our cache. `None` where there is none.
    pub fn program(&self) -> Option<PathBuf> {
        let search = Search::from_env(self.template.binary.as_deref());
        search.find().ok()
    }

    fn configure(&self, model: PathBuf, options: &LoadOptions) -> LlamaConfig {
        let mut config = self.template.clone();
        config.model = model;
        let number = |option: Option<u32>| option.and_then(NonZeroU32::new);
        config.context_length = number(options.context_length).or(config.context_length);
        config.parallel = number(options.parallel_slots).or(config.parallel);
        config.gpu_layers = options.gpu_layers.or(config.gpu_layers);
        config
            .adapters
            .extend(options.adapter.clone().map(LoraAdapter::new));
        config
    }
}

impl Default for LlamaLoader {
    fn default() -> Self {
        Self::new()
    }
}

impl ModelLoader for LlamaLoader {
    fn name(&self) -> &'static str {
        BACKEND
    }

    fn aliases(&self) -> &[&str] {
        &["llama"]
    }

    fn availability(&self) -> Availability {
        match Search::from_env(self.template.binary.as_deref()).find() {
            Ok(_) => Availability::Available,
            Err(reason) => Availability::unavailable(reason.to_string()),
        }
    }

    fn accepts(&self, source: &ModelSource) -> bool {
        matches!(source, ModelSource::Path(path) if is_gguf(path))
    }

    fn load(
        &self,
        source: ModelSource,
        options: LoadOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TextModel>, Error>> {
        const SUPPORTED: [LoadOptionKind; 4] = [
            LoadOptionKind::ContextLength,
            LoadOptionKind::GpuLayers,
            LoadOptionKind::ParallelSlots,
            LoadOptionKind::Adapter,
        ];
        let loader = self.clone();
        async move {
            options.require(BACKEND, &SUPPORTED)?;
            let ModelSource::Path(model) = source else {
                let what = format_args!("{source}, which is not a file,");
                return Err(Error::unsupported(BACKEND, what));
            };
            let config = loader.configure(model, &options);
            let server = LlamaServer::with_progress(config, forward(options));
            let model = LlamaTextModel::load(server).await?;
            Ok(Arc::new(model) as Arc<dyn TextModel>)
        }
        .boxed()
    }
}

/// By its name: `*.gguf`, or a blob of Ollama's, which has no extension.
fn is_gguf(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let has_extension = |extension: &std::ffi::OsStr| extension.eq_ignore_ascii_case("gguf");
    path.extension().is_some_and(has_extension) || name.starts_with("sha256-")
}

/// Tells the caller of a load, once for each phase.
fn forward(options: LoadOptions) -> impl Fn(StartProgress) + Send + Sync {
    let told = Mutex::new(None);
    move |progress| {
        let phase = Some(progress.phase);
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told == phase {
            return;
        }
        *told = phase;
        options.report(LoadProgress::new(match progress.phase {
            StartPhase::Launching => "starting llama-server",
            StartPhase::Loading => "loading the model",
            StartPhase::Ready => "ready",
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gguf_files_are_accepted_by_their_names() {
        let loader = LlamaLoader::new();
        let accepts = |path: &str| loader.accepts(&ModelSource::Path(path.into()));
        for path in ["m.gguf", "/a/M.GGUF", "/blobs/sha256-0123"] {
            assert!(accepts(path), "{path}");
        }
        for path in ["", "m", "gguf", "/a/m.safetensors", "/a/b.gguf/config.json"] {
            assert!(!accepts(path), "{path}");
        }
        let url = "http://localhost/m.gguf".to_owned();
        assert!(!loader.accepts(&ModelSource::Server { url, model: None }));
    }

    #[test]
    fn load_options_come_before_the_configuration() {
        let n = |n| NonZeroU32::new(n).unwrap();
        let template = LlamaConfig::new("")
            .with_context_length(n(64))
            .with_threads(n(1))
            .with_gpu_layers(0);
        let options = LoadOptions::default()
            .with_context_length(128)
            .with_parallel_slots(2)
            .with_adapter("a.gguf");
        let config =
            LlamaLoader::with_config(template.clone()).configure("m.gguf".into(), &options);
        let expected = LlamaConfig::new("m.gguf")
            .with_context_length(n(128))
            .with_threads(n(1))
            .with_parallel(n(2))
            .with_gpu_layers(0)
            .with_adapter(LoraAdapter::new("a.gguf"));
        assert_eq!(config, expected);
    }
}
