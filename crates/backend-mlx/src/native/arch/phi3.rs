//! Phi 3 and Phi 4 mini: Llama with fused matrices, and a rotary embedding of its own.

use super::{Config, Family};
use crate::native::load_error::LoadError;
use crate::native::network::{LayerSpec, Projections, Spec};

pub(super) const FAMILY: Family = Family {
    model_types: &["phi3"],
    spec,
};

fn spec(config: &Config<'_>) -> Result<Spec, LoadError> {
    let mut spec = Spec::plain("phi3", config)?;
    spec.projections = Projections::Fused;
    LayerSpec::read_windows(config, &mut spec.layers, |_| true)?;
    Ok(spec)
}
