//! Mistral: Llama with a sliding window in its first release.

use super::{Config, Family};
use crate::native::load_error::LoadError;
use crate::native::network::{LayerSpec, Spec};

pub(super) const FAMILY: Family = Family {
    model_types: &["mistral"],
    spec,
};

/// A window without `layer_types` is that of every layer, as in transformers.
fn spec(config: &Config<'_>) -> Result<Spec, LoadError> {
    let mut spec = Spec::plain("mistral", config)?;
    if let Some(window) = config.optional_size("sliding_window")? {
        for layer in &mut spec.layers {
            layer.window = Some(window);
        }
        LayerSpec::windows(config, &mut spec.layers, window)?;
    }
    Ok(spec)
}
