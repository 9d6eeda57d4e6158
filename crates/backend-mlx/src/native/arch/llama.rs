//! Llama, and what is built alike: `SmolLM`, `TinyLlama`, Llama 2 and 3.

use super::{Config, Family};
use crate::native::load_error::LoadError;
use crate::native::network::{Biases, LayerSpec, Spec};

pub(super) const FAMILY: Family = Family {
    model_types: &["llama"],
    spec,
};

fn spec(config: &Config<'_>) -> Result<Spec, LoadError> {
    let mut spec = Spec::plain("llama", config)?;
    let bias = config.flag("attention_bias")?.unwrap_or(false);
    spec.biases = Biases {
        qkv: bias,
        output: bias,
        mlp: config.flag("mlp_bias")?.unwrap_or(false),
    };
    LayerSpec::read_windows(config, &mut spec.layers, |_| false)?;
    Ok(spec)
}
