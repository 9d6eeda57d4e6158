//! Gemma 2: norms around every part, capped scores and logits, a window in every other layer.

use serde_json::{Value, json};

use super::{Config, Family};
use crate::native::load_error::LoadError;
use crate::native::network::{Activation, LayerSpec, Spec};

pub(super) const FAMILY: Family = Family {
    model_types: &["gemma2"],
    spec,
};

fn spec(config: &Config<'_>) -> Result<Spec, LoadError> {
    let filled = config.or_else(&defaults());
    let config = &config.replaced(&filled);
    let mut spec = gemma("gemma2", config)?;
    spec.embedding_scale = Some(root(spec.hidden_size));
    LayerSpec::read_windows(config, &mut spec.layers, |layer| layer.is_multiple_of(2))?;
    Ok(spec)
}

/// What configurations may leave out: the defaults of transformers.
fn defaults() -> Value {
    json!({
        "attn_logit_softcapping": 50.0,
        "final_logit_softcapping": 30.0,
        "query_pre_attn_scalar": 256,
        "sliding_window": 4096,
    })
}

/// What Gemma 2 and 3 have in common.
pub(super) fn gemma(architecture: &str, config: &Config<'_>) -> Result<Spec, LoadError> {
    let mut spec = Spec::plain(architecture, config)?;
    spec.activation = match Activation::read(config, "hidden_activation")? {
        Some(activation) => activation,
        None => Activation::read(config, "hidden_act")?.unwrap_or(Activation::GeluTanh),
    };
    spec.attention_scale = config.number("query_pre_attn_scalar")?.sqrt().recip();
    spec.attention_softcap = config.optional_number("attn_logit_softcapping")?;
    spec.logit_softcap = config.optional_number("final_logit_softcapping")?;
    spec.norm_plus_one = true;
    spec.output_norms = true;
    Ok(spec)
}

pub(super) fn root(n: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "sizes are at most 2^24")]
    let n = n as f32;
    n.sqrt()
}
