//! Qwen 2, 2.5 and 3.

use serde_json::{Map, Value, json};

use super::{Architecture, Facts, Head, Norms, Rows};
use crate::gguf::GgufFault;
use crate::gguf::rope;

pub(super) const QWEN2: Architecture = Architecture {
    name: "qwen2",
    model_type: "qwen2",
    class: "Qwen2ForCausalLM",
    layer: &[
        ("attn_norm", "input_layernorm"),
        ("attn_q", "self_attn.q_proj"),
        ("attn_k", "self_attn.k_proj"),
        ("attn_v", "self_attn.v_proj"),
        ("attn_output", "self_attn.o_proj"),
        ("ffn_norm", "post_attention_layernorm"),
        ("ffn_gate", "mlp.gate_proj"),
        ("ffn_up", "mlp.up_proj"),
        ("ffn_down", "mlp.down_proj"),
    ],
    biases: &["attn_q", "attn_k", "attn_v"],
    head: Head::OwnOrTied,
    rows: Rows::AsTheyAre,
    norms: Norms::Weights,
    rope_factors: &[],
    configure,
};

pub(super) const QWEN3: Architecture = Architecture {
    name: "qwen3",
    model_type: "qwen3",
    class: "Qwen3ForCausalLM",
    layer: &[
        ("attn_norm", "input_layernorm"),
        ("attn_q", "self_attn.q_proj"),
        ("attn_q_norm", "self_attn.q_norm"),
        ("attn_k", "self_attn.k_proj"),
        ("attn_k_norm", "self_attn.k_norm"),
        ("attn_v", "self_attn.v_proj"),
        ("attn_output", "self_attn.o_proj"),
        ("ffn_norm", "post_attention_layernorm"),
        ("ffn_gate", "mlp.gate_proj"),
        ("ffn_up", "mlp.up_proj"),
        ("ffn_down", "mlp.down_proj"),
    ],
    biases: &[],
    configure: configure_qwen3,
    ..QWEN2
};

fn configure(facts: &Facts<'_>, config: &mut Map<String, Value>) -> Result<(), GgufFault> {
    config.insert("hidden_act".into(), json!("silu"));
    config.insert("use_sliding_window".into(), json!(false));
    config.insert("rope_scaling".into(), rope::scaling(facts)?);
    Ok(())
}

fn configure_qwen3(facts: &Facts<'_>, config: &mut Map<String, Value>) -> Result<(), GgufFault> {
    config.insert("attention_bias".into(), json!(false));
    configure(facts, config)
}
