//! `config.json` out of the metadata.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::architecture::{Architecture, Facts, Head};
use super::hyperparameters::Hyperparameters;
use super::rope::RopeFactors;
use super::special::Special;
use super::{GgufFault, GgufFile, GgufWeight};
use crate::{Dtype, Quantization};

/// Settings that change what a model computes and that no supported architecture has in Hugging
/// Face's form, each with the value at which it changes nothing.
const FOREIGN: &[(&str, f64)] = &[
    ("attention.clamp_kqv", 0.0),
    ("attention.max_alibi_bias", 0.0),
    ("attention.scale", 0.0),
    ("attention.temperature_scale", 0.0),
    ("embedding_scale", 1.0),
    ("expert_count", 0.0),
    ("logit_scale", 1.0),
    ("residual_scale", 1.0),
];

/// llama.cpp's, where a file does not say.
const ROPE_BASE: f64 = 10_000.0;

/// What `config.json` is made of.
#[derive(Debug)]
pub(super) struct Config<'a> {
    pub(super) file: &'a GgufFile,
    pub(super) architecture: &'static Architecture,
    pub(super) weights: &'a BTreeMap<String, GgufWeight>,
    pub(super) special: &'a Special,
    pub(super) rope_factors: &'a RopeFactors,
}

impl Config<'_> {
    pub(super) fn build(&self) -> Result<Value, GgufFault> {
        let of = Hyperparameters::new(self.file.metadata(), self.architecture.name);
        check_foreign(&of)?;
        let head_dim = head_dim(&of)?;
        let facts = Facts {
            hyperparameters: of,
            rope_factors: self.rope_factors,
            head_dim,
            file: self.file,
        };
        let mut config = self.sizes(&facts)?;
        (self.architecture.configure)(&facts, &mut config)?;
        for (name, id) in self.special.ids() {
            config.insert(name.into(), id);
        }
        config.insert("torch_dtype".into(), json!(self.torch_dtype()));
        if let Some(quantization) = self.quantization() {
            // mlx-lm writes it under both names: its own, and the one that transformers reads.
            config.insert("quantization".into(), quantization.clone());
            config.insert("quantization_config".into(), quantization);
        }
        Ok(Value::Object(config))
    }

    /// What every architecture has.
    fn sizes(&self, facts: &Facts<'_>) -> Result<Map<String, Value>, GgufFault> {
        let of = &facts.hyperparameters;
        let heads = of.size("attention.head_count")?;
        let key_heads = of.optional_size("attention.head_count_kv")?;
        let epsilon = "attention.layer_norm_rms_epsilon";
        let missing = || GgufFault::MissingKey {
            key: of.key(epsilon),
        };
        let base = of.float("rope.freq_base")?;
        let tied =
            self.architecture.head == Head::Tied || !self.weights.contains_key("lm_head.weight");
        let sizes = json!({
            "architectures": [self.architecture.class],
            "model_type": self.architecture.model_type,
            "hidden_size": of.size("embedding_length")?,
            "intermediate_size": of.size("feed_forward_length")?,
            "num_hidden_layers": of.size("block_count")?,
            "num_attention_heads": heads,
            "num_key_value_heads": key_heads.unwrap_or(heads),
            "head_dim": facts.head_dim,
            "max_position_embeddings": of.size("context_length")?,
            "rms_norm_eps": of.float(epsilon)?.ok_or_else(missing)?.json(),
            "rope_theta": base.map_or(json!(ROPE_BASE), Value::from),
            "tie_word_embeddings": tied,
            "vocab_size": self.vocab_size()?,
        });
        match sizes {
            Value::Object(sizes) => Ok(sizes),
            _ => Ok(Map::new()),
        }
    }

    /// The rows of the embeddings, which the tokens of the tokenizer may not exceed.
    fn vocab_size(&self) -> Result<usize, GgufFault> {
        let rows = self.weights["model.embed_tokens.weight"].shape[0];
        self.special.check_rows(rows)?;
        Ok(rows)
    }

    /// The type of most matrices, or of their scales.
    fn torch_dtype(&self) -> &'static str {
        let matrices = self
            .weights
            .values()
            .filter(|weight| weight.shape.len() == 2);
        match commonest(matrices.map(|weight| weight.dtype)) {
            Some(Dtype::Bf16) => "bfloat16",
            Some(Dtype::F32) => "float32",
            _ => "float16",
        }
    }

    /// mlx-lm's form: the commonest setting, then one entry for each module that differs.
    fn quantization(&self) -> Option<Value> {
        let quantized = || {
            let weights = self.weights.values();
            weights.filter_map(|weight| Some((weight.module(), weight.quantization?)))
        };
        let settings = |of: Quantization| json!({"group_size": of.group_size(), "bits": of.bits()});
        let common = commonest(quantized().map(|(_, quantization)| quantization))?;
        let mut entry = settings(common);
        entry["mode"] = json!("affine");
        for (module, quantization) in quantized().filter(|(_, other)| *other != common) {
            entry[module] = settings(quantization);
        }
        Some(entry)
    }
}

/// The value that comes most often, the first of those that come equally often.
fn commonest<T: PartialEq + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    for value in values {
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    let found = counts.into_iter().find(|(_, count)| *count == most);
    found.map(|(value, _)| value)
}

/// The size of a head's query, which must be that of its value.
fn head_dim(of: &Hyperparameters<'_>) -> Result<u64, GgufFault> {
    let average = of.size("embedding_length")? / of.size("attention.head_count")?;
    let key = of.optional_size("attention.key_length")?.unwrap_or(average);
    let value = of
        .optional_size("attention.value_length")?
        .unwrap_or(average);
    if key != value {
        return Err(of.unsupported("attention.value_length", value));
    }
    if key == 0 {
        return Err(of.unsupported("attention.head_count", "more heads than the model is wide"));
    }
    Ok(key)
}

fn check_foreign(of: &Hyperparameters<'_>) -> Result<(), GgufFault> {
    for (name, neutral) in FOREIGN {
        let Some(value) = of.get(name) else {
            continue;
        };
        #[expect(clippy::cast_precision_loss, reason = "only 0 and 1 matter")]
        let number = value
            .as_f64()
            .or_else(|| value.as_u64().map(|whole| whole as f64));
        match number {
            Some(number) if number.total_cmp(neutral).is_eq() => {}
            Some(number) => return Err(of.unsupported(name, number)),
            None => return Err(of.unsupported(name, "something that is no number")),
        }
    }
    match of
        .get("attention.causal")
        .and_then(super::GgufValue::as_bool)
    {
        Some(false) => Err(of.unsupported("attention.causal", false)),
        _ => Ok(()),
    }
}
