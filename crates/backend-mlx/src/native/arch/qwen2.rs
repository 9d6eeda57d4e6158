//! Qwen 2 and 2.5: Llama with biases on queries, keys and values.

use super::{Config, Family};
use crate::native::load_error::LoadError;
use crate::native::network::{LayerSpec, Spec};

pub(super) const FAMILY: Family = Family {
    model_types: &["qwen2"],
    spec,
};

fn spec(config: &Config<'_>) -> Result<Spec, LoadError> {
    let mut spec = Spec::plain("qwen2", config)?;
    spec.qkv_bias = true;
    windows(config, &mut spec.layers)?;
    Ok(spec)
}

/// The upper layers have a window where `use_sliding_window` is set, which it hardly ever is.
pub(super) fn windows(config: &Config<'_>, layers: &mut [LayerSpec]) -> Result<(), LoadError> {
    if config.flag("use_sliding_window")? != Some(true) {
        return Ok(());
    }
    let Some(window) = config.optional_size("sliding_window")? else {
        return Ok(());
    };
    let full = config.optional_size("max_window_layers")?.unwrap_or(0);
    for layer in layers.iter_mut().skip(full) {
        layer.window = Some(window);
    }
    LayerSpec::windows(config, layers, window)
}
