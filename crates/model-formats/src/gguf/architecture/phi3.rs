//! Phi 3, 3.5 and 4.

use serde_json::{Map, Value, json};

use super::{Architecture, Facts, Head, Norms, Rows};
use crate::gguf::GgufFault;
use crate::gguf::rope;

pub(super) const PHI3: Architecture = Architecture {
    name: "phi3",
    model_type: "phi3",
    class: "Phi3ForCausalLM",
    layer: &[
        ("attn_norm", "input_layernorm"),
        ("attn_qkv", "self_attn.qkv_proj"),
        ("attn_output", "self_attn.o_proj"),
        ("ffn_norm", "post_attention_layernorm"),
        ("ffn_up", "mlp.gate_up_proj"),
        ("ffn_down", "mlp.down_proj"),
    ],
    biases: &[],
    head: Head::OwnOrTied,
    rows: Rows::AsTheyAre,
    norms: Norms::Weights,
    rope_factors: &["rope_factors_long.weight", "rope_factors_short.weight"],
    configure,
};

fn configure(facts: &Facts<'_>, config: &mut Map<String, Value>) -> Result<(), GgufFault> {
    let of = &facts.hyperparameters;
    let context = of.size("context_length")?;
    let original = of.optional_size("rope.scaling.original_context_length")?;
    let window = of.size_or_zero("attention.sliding_window")?;
    config.insert("hidden_act".into(), json!("silu"));
    config.insert("attention_bias".into(), json!(false));
    config.insert(
        "original_max_position_embeddings".into(),
        json!(original.unwrap_or(context)),
    );
    config.insert(
        "sliding_window".into(),
        if window == 0 {
            Value::Null
        } else {
            json!(window)
        },
    );
    if let Some(rotated) = of.optional_size("rope.dimension_count")?
        && rotated < facts.head_dim
    {
        #[expect(clippy::cast_precision_loss, reason = "sizes are below 2^31")]
        let share = rotated as f64 / facts.head_dim as f64;
        config.insert("partial_rotary_factor".into(), json!(share));
    }
    config.insert("rope_scaling".into(), rope::scaling(facts)?);
    Ok(())
}
