//! The scaling of the rotary embedding, as settings of `config.json`.

use std::f64::consts::TAU;

use serde_json::{Value, json};

use super::GgufFault;
use super::architecture::Facts;
use super::hyperparameters::{Float, shortest};

/// The factors by which frequencies are divided, where a file has them as tensors.
#[derive(Debug, Default)]
pub(super) struct RopeFactors {
    /// `rope_freqs`: what Llama 3's scaling comes to.
    pub(super) llama3: Option<Vec<f32>>,
    /// `rope_factors_long`, for contexts longer than the original one.
    pub(super) long: Option<Vec<f32>>,
    /// `rope_factors_short`.
    pub(super) short: Option<Vec<f32>>,
}

/// Llama 3's scaling: <https://github.com/meta-llama/llama-models>, `apply_scaling`.
struct Llama3 {
    factor: f64,
    original_context: f64,
}

/// Wavelengths longer than the original context over this are scaled, …
const LOW_FREQUENCY_FACTOR: f64 = 1.0;
/// … those shorter than the original context over this are not.
const HIGH_FREQUENCY_FACTOR: f64 = 4.0;
/// Of every model with this scaling, where the file does not say otherwise.
const ORIGINAL_CONTEXT: u64 = 8192;
/// How far a factor may be from what the formula gives, which is computed in other precisions.
const TOLERANCE: f64 = 1e-4;

/// `rope_scaling`: null, or an object of the type and its settings.
pub(super) fn scaling(facts: &Facts<'_>) -> Result<Value, GgufFault> {
    let of = &facts.hyperparameters;
    let factor = of.float("rope.scaling.factor")?;
    let factor = match factor {
        Some(_) => factor,
        None => of.float("rope.scale_linear")?,
    };
    let kind = match (of.text("rope.scaling.type")?, factor) {
        (Some(kind), _) => kind,
        (None, Some(_)) => "linear",
        (None, None) => "none",
    };
    let factors = facts.rope_factors;
    if let Some(stored) = &factors.llama3 {
        if kind != "none" && factor.is_some() {
            return Err(of.unsupported("rope.scaling.type", kind));
        }
        return llama3(facts, stored);
    }
    if let Some(long) = &factors.long {
        let short = factors.short.as_ref().unwrap_or(long);
        return Ok(json!({
            "type": "longrope",
            "rope_type": "longrope",
            "long_factor": numbers(long),
            "short_factor": numbers(short),
        }));
    }
    match (kind, factor) {
        ("none", _) | ("linear", None) => Ok(Value::Null),
        (_, Some(factor)) if kind == "linear" && factor.is(1.0) => Ok(Value::Null),
        ("linear", Some(factor)) => Ok(json!({
            "type": "linear",
            "rope_type": "linear",
            "factor": factor.json(),
        })),
        ("yarn", Some(factor)) => yarn(facts, factor),
        (other, _) => Err(of.unsupported("rope.scaling.type", other)),
    }
}

fn numbers(factors: &[f32]) -> Vec<Value> {
    factors
        .iter()
        .map(|factor| shortest(f64::from(*factor)))
        .collect()
}

fn yarn(facts: &Facts<'_>, factor: Float) -> Result<Value, GgufFault> {
    let of = &facts.hyperparameters;
    let context = of.size("context_length")?;
    let original = of.optional_size("rope.scaling.original_context_length")?;
    let mut scaling = json!({
        "type": "yarn",
        "rope_type": "yarn",
        "factor": factor.json(),
        "original_max_position_embeddings": original.unwrap_or(context),
    });
    let settings = [
        ("rope.scaling.yarn_beta_fast", "beta_fast"),
        ("rope.scaling.yarn_beta_slow", "beta_slow"),
        ("rope.scaling.yarn_attn_factor", "attention_factor"),
    ];
    for (name, setting) in settings {
        if let Some(value) = of.float(name)? {
            scaling[setting] = value.json();
        }
    }
    match of.float("rope.scaling.yarn_ext_factor")? {
        Some(factor) if !factor.is(1.0) => {
            Err(of.unsupported("rope.scaling.yarn_ext_factor", factor.get()))
        }
        _ => Ok(scaling),
    }
}

/// Llama 3's settings, once it is certain that the stored factors are what they come to.
fn llama3(facts: &Facts<'_>, stored: &[f32]) -> Result<Value, GgufFault> {
    let of = &facts.hyperparameters;
    let original = of.optional_size("rope.scaling.original_context_length")?;
    let original = original.unwrap_or(ORIGINAL_CONTEXT);
    let base = of.float("rope.freq_base")?.map_or(10_000.0, Float::get);
    let factor = stored.iter().copied().fold(1.0_f32, f32::max);
    #[expect(clippy::cast_precision_loss, reason = "sizes are below 2^31")]
    let (scaling, head_dim) = (
        Llama3 {
            factor: factor.into(),
            original_context: original as f64,
        },
        facts.head_dim as f64,
    );
    let frequencies = (0_u32..)
        .step_by(2)
        .map(|at| base.powf(-f64::from(at) / head_dim));
    let close = stored.iter().zip(frequencies).all(|(stored, frequency)| {
        let exact = scaling.divisor(frequency);
        (f64::from(*stored) - exact).abs() <= TOLERANCE * exact
    });
    if !close || stored.len() as u64 != facts.head_dim / 2 {
        return Err(GgufFault::UnsupportedValue {
            key: "rope_freqs.weight".into(),
            value: "factors that are not those of Llama 3".into(),
        });
    }
    Ok(json!({
        "type": "llama3",
        "rope_type": "llama3",
        "factor": shortest(f64::from(factor)),
        "low_freq_factor": LOW_FREQUENCY_FACTOR,
        "high_freq_factor": HIGH_FREQUENCY_FACTOR,
        "original_max_position_embeddings": original,
    }))
}

impl Llama3 {
    /// By what a frequency is divided.
    fn divisor(&self, frequency: f64) -> f64 {
        let turns = self.original_context * frequency / TAU;
        if turns > HIGH_FREQUENCY_FACTOR {
            return 1.0;
        }
        if turns < LOW_FREQUENCY_FACTOR {
            return self.factor;
        }
        let smooth =
            (turns - LOW_FREQUENCY_FACTOR) / (HIGH_FREQUENCY_FACTOR - LOW_FREQUENCY_FACTOR);
        1.0 / ((1.0 - smooth) / self.factor + smooth)
    }
}
