//! A text model in our own process, on MLX: Metal on Apple silicon, the CPU on Linux.

#[cfg(mlx)]
mod native;

mod config;
mod loader;

pub use config::{KvCache, MlxAdapter, MlxConfig};
pub use loader::MlxLoader;
#[cfg(mlx)]
pub use native::{Activity, MlxBackend, MlxTextModel, memory};
#[cfg(all(mlx, fuzzing))]
#[doc(hidden)]
pub use native::read_config;

/// The release of MLX that this crate is built with.
pub const MLX_VERSION: &str = "0.32.2";

/// The backend's name in errors, in [`ModelInfo`](inference_core::ModelInfo) and for loaders.
pub(crate) const BACKEND: &str = if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
    "metal"
} else {
    "mlx"
};
