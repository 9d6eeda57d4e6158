//! The loader `llama_cpp`, with a model's own settings in it.

use std::num::NonZeroU32;

use backend_llama::{LlamaConfig, LlamaLoader, LoraAdapter};

use crate::config::{AdapterConfig, ModelConfig};

/// A loader for this model alone.
pub(super) fn loader(model: &ModelConfig) -> LlamaLoader {
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
    LlamaLoader::with_config(config)
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
