//! A text model in our own process, on MLX: Metal on Apple silicon, the CPU on Linux.
//!
//! [`MlxLoader`] loads folders with `config.json` and safetensors, and GGUF files. In builds
//! without MLX it is there all the same, and says why it is unavailable; what needs MLX to exist
//! (`MlxTextModel`, `memory`) is in builds with it alone.
//!
//! ```no_run
//! use backend_mlx::{KvCache, MlxConfig, MlxLoader};
//! use inference_core::{GenerateOptions, LoadOptions, ModelLoader, ModelSource, Prompt, TextModel};
//!
//! # async fn example() -> Result<(), inference_core::Error> {
//! let loader = MlxLoader::with_config(MlxConfig::default().with_kv_cache(KvCache::EightBit));
//! let source = ModelSource::Path("SmolLM2-135M-Instruct-4bit".into());
//! let model = loader.load(source, LoadOptions::default()).await?;
//!
//! let options = GenerateOptions::default().temperature(0.7).seed(1);
//! let (one, other) = futures::join!(
//!     model.generate(Prompt::user("Name a town."), options.clone()).into_generation(),
//!     model.generate(Prompt::user("Name a river."), options).into_generation(),
//! );
//! println!("{} {}", one?.text, other?.text);
//! # Ok(())
//! # }
//! ```

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod config;
mod loader;
#[cfg(mlx)]
mod native;

pub use config::{KvCache, MlxAdapter, MlxConfig};
pub use loader::MlxLoader;
#[cfg(all(mlx, fuzzing))]
#[doc(hidden)]
pub use native::read_config;
#[cfg(mlx)]
pub use native::{Activity, MlxBackend, MlxTextModel, memory};

/// The release of MLX that this crate is built with.
pub const MLX_VERSION: &str = "0.32.2";

/// The backend's name in errors, in [`ModelInfo`](inference_core::ModelInfo) and for loaders.
pub(crate) const BACKEND: &str = if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
    "metal"
} else {
    "mlx"
};
