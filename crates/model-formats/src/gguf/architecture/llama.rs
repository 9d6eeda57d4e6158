//! Llama, and Mistral, which llama.cpp files under it.

use serde_json::{Map, Value, json};

use super::{Architecture, Facts, Head, Norms, Rows};
use crate::gguf::GgufFault;
use crate::gguf::rope;

pub(super) const LLAMA: Architecture = Architecture {
    name: "llama",
    model_type: "llama",
    class: "LlamaForCausalLM",
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
    biases: &[
        "attn_q",
        "attn_k",
        "attn_v",
        "attn_output",
        "ffn_gate",
        "ffn_up",
        "ffn_down",
    ],
    head: Head::OwnOrTied,
    rows: Rows::Interleaved,
    norms: Norms::Weights,
    rope_factors: &["rope_freqs.weight"],
    configure,
};

pub(super) const MISTRAL: Architecture = Architecture {
    name: "mistral",
    model_type: "mistral",
    class: "MistralForCausalLM",
    ..LLAMA
};

fn configure(facts: &Facts<'_>, config: &mut Map<String, Value>) -> Result<(), GgufFault> {
    let has = |tensor| facts.file.tensors().contains_key(tensor);
    config.insert("hidden_act".into(), json!("silu"));
    config.insert("attention_bias".into(), json!(has("blk.0.attn_q.bias")));
    config.insert("mlp_bias".into(), json!(has("blk.0.ffn_gate.bias")));
    config.insert("rope_scaling".into(), rope::scaling(facts)?);
    Ok(())
}
