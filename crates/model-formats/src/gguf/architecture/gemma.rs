//! Gemma 2 and 3, the text part.

use serde_json::{Map, Value, json};

use super::{Architecture, Facts, Head, Norms, Rows};
use crate::gguf::rope;
use crate::gguf::{GgufFault, GgufValue};

pub(super) const GEMMA2: Architecture = Architecture {
    name: "gemma2",
    model_type: "gemma2",
    class: "Gemma2ForCausalLM",
    layer: &[
        ("attn_norm", "input_layernorm"),
        ("attn_q", "self_attn.q_proj"),
        ("attn_k", "self_attn.k_proj"),
        ("attn_v", "self_attn.v_proj"),
        ("attn_output", "self_attn.o_proj"),
        ("post_attention_norm", "post_attention_layernorm"),
        ("ffn_norm", "pre_feedforward_layernorm"),
        ("ffn_gate", "mlp.gate_proj"),
        ("ffn_up", "mlp.up_proj"),
        ("ffn_down", "mlp.down_proj"),
        ("post_ffw_norm", "post_feedforward_layernorm"),
    ],
    biases: &[],
    head: Head::Tied,
    rows: Rows::AsTheyAre,
    norms: Norms::WeightsPlusOne,
    rope_factors: &[],
    configure: configure_gemma2,
};

pub(super) const GEMMA3: Architecture = Architecture {
    name: "gemma3",
    model_type: "gemma3_text",
    class: "Gemma3ForCausalLM",
    layer: &[
        ("attn_norm", "input_layernorm"),
        ("attn_q", "self_attn.q_proj"),
        ("attn_q_norm", "self_attn.q_norm"),
        ("attn_k", "self_attn.k_proj"),
        ("attn_k_norm", "self_attn.k_norm"),
        ("attn_v", "self_attn.v_proj"),
        ("attn_output", "self_attn.o_proj"),
        ("post_attention_norm", "post_attention_layernorm"),
        ("ffn_norm", "pre_feedforward_layernorm"),
        ("ffn_gate", "mlp.gate_proj"),
        ("ffn_up", "mlp.up_proj"),
        ("ffn_down", "mlp.down_proj"),
        ("post_ffw_norm", "post_feedforward_layernorm"),
    ],
    head: Head::OwnOrTied,
    configure: configure_gemma3,
    ..GEMMA2
};

/// llama.cpp's, where a Gemma 2 file does not say.
const SLIDING_WINDOW: u64 = 4096;
const ATTENTION_SOFTCAP: f64 = 50.0;
const FINAL_SOFTCAP: f64 = 30.0;
/// One in so many layers of Gemma 3 attends to everything.
const SLIDING_WINDOW_PATTERN: u64 = 6;
const LOCAL_ROPE_BASE: f64 = 10_000.0;
/// Layers of the 27B models, whose queries are scaled by the average size of a head.
const LAYERS_OF_27B: [u64; 2] = [46, 62];

fn configure_gemma2(facts: &Facts<'_>, config: &mut Map<String, Value>) -> Result<(), GgufFault> {
    let of = &facts.hyperparameters;
    let softcap = |name, default| {
        let softcap = of.float(name)?;
        Ok::<_, GgufFault>(softcap.map_or(json!(default), Value::from))
    };
    let window = of.size_or_zero("attention.sliding_window")?;
    let window = if window == 0 { SLIDING_WINDOW } else { window };
    config.insert("sliding_window".into(), json!(window));
    config.insert(
        "attn_logit_softcapping".into(),
        softcap("attn_logit_softcapping", ATTENTION_SOFTCAP)?,
    );
    config.insert(
        "final_logit_softcapping".into(),
        softcap("final_logit_softcapping", FINAL_SOFTCAP)?,
    );
    if rope::scaling(facts)? != Value::Null {
        return Err(of.unsupported("rope.scaling.type", "a scaling that Gemma 2 has not"));
    }
    configure_both(facts, config)
}

fn configure_gemma3(facts: &Facts<'_>, config: &mut Map<String, Value>) -> Result<(), GgufFault> {
    let of = &facts.hyperparameters;
    let (window, pattern) = match of.size_or_zero("attention.sliding_window")? {
        // Every layer attends to everything.
        0 => (of.size("context_length")?, 1),
        window => (window, pattern(facts)?),
    };
    let local = of.float("rope.freq_base_swa")?;
    let softcap = of.float("final_logit_softcapping")?;
    config.insert("sliding_window".into(), json!(window));
    config.insert("sliding_window_pattern".into(), json!(pattern));
    config.insert(
        "rope_local_base_freq".into(),
        local.map_or(json!(LOCAL_ROPE_BASE), Value::from),
    );
    config.insert("rope_scaling".into(), rope::scaling(facts)?);
    config.insert("attn_logit_softcapping".into(), Value::Null);
    config.insert(
        "final_logit_softcapping".into(),
        softcap.filter(|cap| cap.get() != 0.0).into(),
    );
    configure_both(facts, config)
}

/// One in how many layers attends to everything, told as a number or layer by layer.
fn pattern(facts: &Facts<'_>) -> Result<u64, GgufFault> {
    let of = &facts.hyperparameters;
    let name = "attention.sliding_window_pattern";
    let Some(layers) = of.get(name).and_then(GgufValue::as_scalars) else {
        return Ok(of.optional_size(name)?.unwrap_or(SLIDING_WINDOW_PATTERN));
    };
    let local: Vec<bool> = layers
        .map(|layer| match layer {
            inference_core::GgufScalar::Bool(local) => local,
            other => other.as_u64() != Some(0),
        })
        .collect();
    let pattern = local.iter().position(|local| !local);
    let pattern = pattern.map_or(local.len(), |at| at) + 1;
    let regular = (1..)
        .zip(&local)
        .all(|(layer, local)| *local == (layer % pattern != 0));
    if regular && local.len() as u64 == of.size("block_count")? {
        Ok(pattern as u64)
    } else {
        Err(of.unsupported(name, "an irregular pattern"))
    }
}

fn configure_both(facts: &Facts<'_>, config: &mut Map<String, Value>) -> Result<(), GgufFault> {
    let of = &facts.hyperparameters;
    let scalar = if LAYERS_OF_27B.contains(&of.size("block_count")?) {
        of.size("embedding_length")? / of.size("attention.head_count")?
    } else {
        facts.head_dim
    };
    config.insert("query_pre_attn_scalar".into(), json!(scalar));
    config.insert("hidden_act".into(), json!("gelu_pytorch_tanh"));
    config.insert("hidden_activation".into(), json!("gelu_pytorch_tanh"));
    config.insert("attention_bias".into(), json!(false));
    Ok(())
}
