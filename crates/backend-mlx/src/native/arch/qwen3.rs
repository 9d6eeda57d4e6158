//! Qwen 3: norms on queries and keys in place of Qwen 2's biases.

use super::{Config, Family, qwen2};
use crate::native::load_error::LoadError;
use crate::native::network::Spec;

pub(super) const FAMILY: Family = Family {
    model_types: &["qwen3"],
    spec,
};

fn spec(config: &Config<'_>) -> Result<Spec, LoadError> {
    let mut spec = Spec::plain("qwen3", config)?;
    spec.qk_norm = true;
    spec.biases.qkv = config.flag("attention_bias")?.unwrap_or(false);
    spec.biases.output = spec.biases.qkv;
    qwen2::read_windows(config, &mut spec.layers)?;
    Ok(spec)
}
