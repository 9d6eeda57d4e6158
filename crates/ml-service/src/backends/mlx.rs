//! The loader of MLX, with a model's own settings in it.

use backend_mlx::{KvCache, MLX_VERSION, MlxAdapter, MlxConfig, MlxLoader};
use inference_core::ModelLoader as _;

use crate::config::{AdapterConfig, ModelConfig};

/// A loader for this model alone.
pub(super) fn loader(model: &ModelConfig) -> MlxLoader {
    // What every backend knows comes with the load options.
    let mut config = MlxConfig::default();
    config.kv_cache = match model.kv_cache.as_deref() {
        Some("8bit") => KvCache::EightBit,
        Some("4bit") => KvCache::FourBit,
        _ => KvCache::Full,
    };
    config.kv_budget_bytes = model.kv_budget;
    config.prefix_cache_bytes = model.prefix_cache;
    config.memory_limit_bytes = model.memory_limit;
    config.cache_limit_bytes = model.cache_limit;
    config.wired_limit_bytes = model.wired_limit;
    config.adapters = model.adapters.iter().map(adapter).collect();
    MlxLoader::with_config(config)
}

/// What it computes on, and with which MLX; `None` where it cannot.
pub(super) fn device() -> Option<String> {
    let loader = MlxLoader::new();
    let device = match loader.name() {
        "metal" => "the GPU",
        _ => "the CPU",
    };
    let is_available = loader.availability().is_available();
    is_available.then(|| format!("{device}, MLX {MLX_VERSION}"))
}

fn adapter(own: &AdapterConfig) -> MlxAdapter {
    let mut adapter = MlxAdapter::new(&own.path);
    if let Some(name) = &own.name {
        adapter = adapter.with_name(name);
    }
    if own.on_request {
        adapter = adapter.on_request();
    }
    adapter
}
