//! Mistral: Llama with a sliding window in every layer, which only the first releases set.

use super::{Config, Family};
use crate::native::load_error::LoadError;
use crate::native::network::{LayerSpec, Spec};

pub(super) const FAMILY: Family = Family {
    model_types: &["mistral"],
    spec,
};

fn spec(config: &Config<'_>) -> Result<Spec, LoadError> {
    let mut spec = Spec::plain("mistral", config)?;
    LayerSpec::read_windows(config, &mut spec.layers, |_| true)?;
    Ok(spec)
}
