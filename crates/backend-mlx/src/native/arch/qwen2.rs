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
    spec.biases.qkv = true;
    read_windows(config, &mut spec.layers)?;
    Ok(spec)
}

/// `max_window_layers` where a configuration has none, as in transformers.
const DEFAULT_FULL_LAYERS: usize = 28;

/// The upper layers have a window where `use_sliding_window` is set, which it hardly ever is.
pub(super) fn read_windows(config: &Config<'_>, layers: &mut [LayerSpec]) -> Result<(), LoadError> {
    if config.flag("use_sliding_window")? != Some(true) {
        return Ok(());
    }
    let full = config.optional_count("max_window_layers")?;
    let full = full.unwrap_or(DEFAULT_FULL_LAYERS);
    LayerSpec::read_windows(config, layers, |layer| layer >= full)
}
