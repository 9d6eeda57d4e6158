//! Gemma 3: Gemma 2 with norms on queries and keys in place of capped scores, and windows in all
//! layers but every sixth, each kind with its own rotary embedding.
//!
//! `gemma3` is the model that also sees pictures; its text part alone is read.

use half::bf16;
use serde_json::{Value, json};

use super::gemma2::{gemma, root};
use super::{Config, Family};
use crate::native::load_error::LoadError;
use crate::native::network::{LayerSpec, RopeSpec, Spec};

pub(super) const FAMILY: Family = Family {
    model_types: &["gemma3", "gemma3_text"],
    spec,
};

fn spec(config: &Config<'_>) -> Result<Spec, LoadError> {
    let text = config.object("text_config", "text_config.")?;
    let config = text.unwrap_or(*config);
    let filled = with_two_bases(config.or_else(&defaults()));
    let config = config.replaced(&filled);
    config.refuse_flag("use_bidirectional_attention")?;
    let mut spec = gemma("gemma3", &config)?;
    spec.qk_norm = true;
    // The models were trained with the factor in bfloat16.
    spec.embedding_scale = Some(bf16::from_f32(root(spec.hidden_size)).to_f32());
    if text.is_some() {
        "language_model.".clone_into(&mut spec.prefix);
    }
    let pattern = config.size("sliding_window_pattern")?;
    let is_local = |layer: usize| !(layer + 1).is_multiple_of(pattern);
    LayerSpec::read_windows(&config, &mut spec.layers, is_local)?;
    let local = RopeSpec::plain(spec.head_dim, config.number("rope_local_base_freq")?);
    for layer in &mut spec.layers {
        if layer.window.is_some() {
            layer.rope = local.clone();
        }
    }
    Ok(spec)
}

/// Writes the `rope_parameters` of newer configurations, which have one entry for each kind of
/// layers, as the older ones.
fn with_two_bases(mut config: Value) -> Value {
    let mut entries = config["rope_parameters"].take();
    if let Some(local) = entries.pointer_mut("/sliding_attention/rope_theta") {
        config["rope_local_base_freq"] = local.take();
    }
    config["rope_parameters"] = match entries.get_mut("full_attention") {
        Some(global) => global.take(),
        None => entries,
    };
    config
}

/// What configurations leave out: the defaults of transformers.
fn defaults() -> Value {
    json!({
        "vocab_size": 262_208,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "max_position_embeddings": 131_072,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1_000_000.0,
        "rope_local_base_freq": 10_000.0,
        "query_pre_attn_scalar": 256,
        "sliding_window": 4096,
        "sliding_window_pattern": 6,
    })
}
