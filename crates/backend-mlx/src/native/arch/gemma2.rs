//! Gemma 2: norms around every part, capped scores and logits, a window in every other layer.

use super::{Config, Family};
use crate::native::load_error::LoadError;
use crate::native::network::{Activation, LayerSpec, Spec};

pub(super) const FAMILY: Family = Family {
    model_types: &["gemma2"],
    spec,
};

fn spec(config: &Config<'_>) -> Result<Spec, LoadError> {
    let mut spec = gemma("gemma2", config)?;
    spec.attention_softcap = config.optional_number("attn_logit_softcapping")?;
    spec.logit_softcap = config.optional_number("final_logit_softcapping")?;
    spec.embedding_scale = Some(root(spec.hidden_size));
    if let Some(window) = config.optional_size("sliding_window")? {
        for layer in spec.layers.iter_mut().step_by(2) {
            layer.window = Some(window);
        }
        LayerSpec::windows(config, &mut spec.layers, window)?;
    }
    Ok(spec)
}

/// What Gemma 2 and 3 have in common.
pub(super) fn gemma(architecture: &str, config: &Config<'_>) -> Result<Spec, LoadError> {
    let mut spec = Spec::plain(architecture, config)?;
    let activation = match config.optional_text("hidden_activation")? {
        Some(activation) => Some(activation),
        None => config.optional_text("hidden_act")?,
    };
    if let Some(other) = activation.filter(|name| *name != "gelu_pytorch_tanh") {
        let problem = format!("is {other}, which is not supported");
        return Err(config.refuse("hidden_activation", problem));
    }
    spec.activation = Activation::GeluTanh;
    spec.attention_scale = config.number("query_pre_attn_scalar")?.sqrt().recip();
    spec.norm_plus_one = true;
    spec.output_norms = true;
    Ok(spec)
}

pub(super) fn root(n: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^24")]
    let n = n as f32;
    n.sqrt()
}
