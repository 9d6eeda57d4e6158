//! Loads models on MLX, where it is part of the build.

use std::path::Path;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};
#[cfg(any(mlx, test))]
use inference_core::LoadOptionKind;
use inference_core::{Availability, Error, LoadOptions, ModelLoader, ModelSource, TextModel};

use crate::BACKEND;
use crate::config::MlxConfig;

/// The loader `metal` on Apple silicon, alias `mlx`, and `mlx` on the CPU elsewhere: loads folders
/// with `config.json` and safetensors, and GGUF files.
///
/// It takes the load options `context_length`, `parallel_slots` and `adapter`. All layers run on
/// one device, so that `gpu_layers` may only say what is: −1 on Metal, 0 on the CPU.
#[derive(Debug, Clone, Default)]
pub struct MlxLoader {
    template: MlxConfig,
}

impl MlxLoader {
    /// A loader with the default configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// A loader for models that share a configuration. Load options that are set come first.
    pub fn with_config(template: MlxConfig) -> Self {
        Self { template }
    }
}

impl ModelLoader for MlxLoader {
    fn name(&self) -> &'static str {
        BACKEND
    }

    fn aliases(&self) -> &[&str] {
        if BACKEND == "metal" { &["mlx"] } else { &[] }
    }

    fn availability(&self) -> Availability {
        build::availability()
    }

    fn accepts(&self, source: &ModelSource) -> bool {
        matches!(source, ModelSource::Path(path) if is_gguf(path) || path.is_dir())
    }

    fn load(
        &self,
        source: ModelSource,
        options: LoadOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TextModel>, Error>> {
        build::load(self.template.clone(), source, options).boxed()
    }
}

/// Checks load options.
#[cfg(any(mlx, test))]
fn require(options: &LoadOptions) -> Result<(), Error> {
    const SUPPORTED: [LoadOptionKind; 4] = [
        LoadOptionKind::ContextLength,
        LoadOptionKind::GpuLayers,
        LoadOptionKind::ParallelSlots,
        LoadOptionKind::Adapter,
    ];
    const LAYERS: i32 = if cfg!(target_os = "macos") { -1 } else { 0 };
    options.require(BACKEND, &SUPPORTED)?;
    match options.gpu_layers {
        Some(layers) if layers != LAYERS => {
            let what = format_args!(
                "the load option gpu_layers = {layers} (all layers run on one device here: {LAYERS})"
            );
            Err(Error::unsupported(BACKEND, what))
        }
        _ => Ok(()),
    }
}

/// By its name: `*.gguf`, or a blob of Ollama's, which has no extension.
fn is_gguf(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let has_extension = |extension: &std::ffi::OsStr| extension.eq_ignore_ascii_case("gguf");
    path.extension().is_some_and(has_extension) || name.starts_with("sha256-")
}

#[cfg(mlx)]
mod build {
    //! What a build with MLX does.

    use std::num::NonZeroU32;
    use std::sync::Arc;

    use inference_core::{Availability, Error, LoadOptions, ModelSource, TextModel};

    use crate::BACKEND;
    use crate::config::{MlxAdapter, MlxConfig};
    use crate::native::{self, Report};

    pub(super) fn availability() -> Availability {
        match native::missing() {
            Some(reason) => Availability::unavailable(reason),
            None => Availability::Available,
        }
    }

    pub(super) async fn load(
        template: MlxConfig,
        source: ModelSource,
        options: LoadOptions,
    ) -> Result<Arc<dyn TextModel>, Error> {
        super::require(&options)?;
        let ModelSource::Path(path) = source else {
            let what = format_args!("{source}, which is not a folder or file,");
            return Err(Error::unsupported(BACKEND, what));
        };
        let config = configure(template, &options);
        let report = Report::new(move |progress| options.report(progress));
        let model = native::load(path, config, report).await?;
        Ok(Arc::new(model))
    }

    fn configure(mut config: MlxConfig, options: &LoadOptions) -> MlxConfig {
        let number = |option: Option<u32>| option.and_then(NonZeroU32::new);
        config.context_length = number(options.context_length).or(config.context_length);
        config.parallel_slots = number(options.parallel_slots).or(config.parallel_slots);
        let adapter = options.adapter.clone().map(MlxAdapter::new);
        config.adapters.extend(adapter);
        config
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn load_options_come_before_the_configuration() {
            let n = |n| NonZeroU32::new(n).unwrap();
            let template = MlxConfig::default()
                .with_context_length(n(64))
                .with_parallel_slots(n(1))
                .with_kv_budget_bytes(7);
            let options = LoadOptions::default()
                .with_context_length(128)
                .with_adapter("a");
            let expected = template
                .clone()
                .with_context_length(n(128))
                .with_adapter(MlxAdapter::new("a"));
            assert_eq!(configure(template, &options), expected);
        }
    }
}

#[cfg(not(mlx))]
mod build {
    //! What a build without MLX says.

    use std::sync::Arc;

    use inference_core::{Availability, Error, ErrorKind, LoadOptions, ModelSource, TextModel};

    use crate::BACKEND;
    use crate::config::MlxConfig;

    const REASON: &str = if cfg!(target_os = "linux") {
        "this build has no MLX: run `cargo xtask setup`, then build with the feature `mlx-cpu` \
         (`cpu` of backend-mlx)"
    } else {
        "MLX runs on Apple silicon and on Linux: use another backend on this machine"
    };

    pub(super) fn availability() -> Availability {
        Availability::unavailable(REASON)
    }

    pub(super) fn load(
        _: MlxConfig,
        _: ModelSource,
        _: LoadOptions,
    ) -> impl Future<Output = Result<Arc<dyn TextModel>, Error>> {
        let error = Error::new(ErrorKind::Unavailable, REASON);
        std::future::ready(Err(error.with_backend(BACKEND)))
    }
}

#[cfg(test)]
mod tests {
    use inference_core::ErrorKind;

    use super::*;

    #[test]
    fn gguf_files_and_folders_are_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let loader = MlxLoader::new();
        let accepts = |path: &Path| loader.accepts(&ModelSource::Path(path.into()));
        assert!(accepts(folder.path()));
        for path in ["m.gguf", "/a/M.GGUF", "/blobs/sha256-0123"] {
            assert!(accepts(Path::new(path)), "{path}");
        }
        for path in ["", "/nowhere", "/a/m.safetensors"] {
            assert!(!accepts(Path::new(path)), "{path}");
        }
        let url = "http://localhost/m.gguf".to_owned();
        assert!(!loader.accepts(&ModelSource::Server { url, model: None }));
    }

    #[test]
    fn layers_cannot_be_divided_between_devices() {
        let here = if cfg!(target_os = "macos") { -1 } else { 0 };
        require(&LoadOptions::default().with_gpu_layers(here)).unwrap();
        for elsewhere in [-1 - here, 7] {
            let error = require(&LoadOptions::default().with_gpu_layers(elsewhere)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.message().contains("gpu_layers"), "{error}");
        }
    }
}
