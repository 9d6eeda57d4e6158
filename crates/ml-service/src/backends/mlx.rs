//! The loader of MLX, with a model's own settings in it.

use backend_mlx::{KvCache, MlxAdapter, MlxConfig, MlxLoader};

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
