//! What an adapter's `adapter_config.json` declares, as mlx-lm and PEFT write it.

use std::fmt;
use std::marker::PhantomData;

use regex::{RegexSet, RegexSetBuilder};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::LoraFault;
use super::orientation::Orientation;

/// Ranks, scales and layout, as they are declared.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) layout: Layout,
    pub(super) base_model: Option<String>,
    scaling: Scaling,
}

/// How the tensors are named and lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    MlxLm(Orientation),
    Peft,
}

#[derive(Debug)]
enum Scaling {
    /// The same rank and scale for all modules.
    Same { rank: usize, scale: f64 },
    /// PEFT's, with exceptions by pattern.
    Peft {
        ranks: Patterned<usize>,
        alphas: Patterned<f64>,
        rank_stabilised: bool,
    },
}

/// A value for the modules that match a pattern, the first that does; else the default.
#[derive(Debug)]
struct Patterned<T> {
    patterns: RegexSet,
    values: Vec<T>,
    default: T,
}

/// Bytes that the compiled patterns of one field may take.
const MAX_PATTERNS: usize = 16 << 20;

impl<T: Copy> Patterned<T> {
    fn new(field: &'static str, default: T, pairs: Pairs<T>) -> Result<Self, LoraFault> {
        let (patterns, values): (Vec<_>, Vec<_>) = pairs.0.into_iter().unzip();
        // As PEFT matches: the whole path, or its end after a dot.
        let whole = patterns
            .iter()
            .map(|pattern| format!(r"^(?:.*\.)?(?:{pattern})$"));
        let patterns = RegexSetBuilder::new(whole).size_limit(MAX_PATTERNS).build();
        Ok(Self {
            patterns: patterns.map_err(|source| LoraFault::Pattern {
                field,
                source: Box::new(source),
            })?,
            values,
            default,
        })
    }

    fn of(&self, module: &str) -> T {
        let first = self.patterns.matches(module).iter().next();
        first.map_or(self.default, |at| self.values[at])
    }
}

impl Declared {
    /// Reads a configuration.
    pub(super) fn parse(json: &[u8]) -> Result<Self, LoraFault> {
        #[derive(Deserialize)]
        struct Kind {
            peft_type: Option<Value>,
        }
        let kind: Kind = serde_json::from_slice(json).map_err(LoraFault::Config)?;
        if kind.peft_type.is_some() {
            let config: PeftConfig = serde_json::from_slice(json).map_err(LoraFault::Config)?;
            config.check()
        } else {
            let config: MlxLmConfig = serde_json::from_slice(json).map_err(LoraFault::Config)?;
            config.check()
        }
    }

    /// The rank of a module.
    pub(super) fn rank(&self, module: &str) -> usize {
        match &self.scaling {
            Scaling::Same { rank, .. } => *rank,
            Scaling::Peft { ranks, .. } => ranks.of(module),
        }
    }

    /// The factor of a module; may be anything where the configuration is hostile.
    pub(super) fn scale(&self, module: &str) -> f64 {
        match &self.scaling {
            Scaling::Same { scale, .. } => *scale,
            Scaling::Peft {
                ranks,
                alphas,
                rank_stabilised,
            } => {
                let rank = float(ranks.of(module));
                alphas.of(module) / if *rank_stabilised { rank.sqrt() } else { rank }
            }
        }
    }
}

/// mlx-lm's, and that of trainers which keep `rank` and `alpha` beside each other at the top.
#[derive(Deserialize)]
struct MlxLmConfig {
    fine_tune_type: Option<String>,
    lora_parameters: Option<LoraParameters>,
    rank: Option<usize>,
    alpha: Option<f64>,
    model: Option<String>,
}

#[derive(Deserialize)]
struct LoraParameters {
    rank: Option<usize>,
    scale: Option<f64>,
    alpha: Option<f64>,
}

impl MlxLmConfig {
    fn check(self) -> Result<Declared, LoraFault> {
        match self.fine_tune_type.as_deref() {
            None | Some("lora") => {}
            Some("dora") => return Err(unsupported("DoRA")),
            Some("full") => return Err(unsupported("a full fine-tune")),
            Some(other) => return Err(unsupported(&format!("the fine_tune_type {other:?}"))),
        }
        let (orientation, rank, scale) = if let Some(parameters) = &self.lora_parameters {
            let (rank, scale) = parameters.rank_and_scale()?;
            (Orientation::InputFirst, rank, scale)
        } else {
            let rank = needed(self.rank, "lora_parameters.rank")?;
            let alpha = needed(self.alpha, "lora_parameters.scale")?;
            (Orientation::RankFirst, rank, alpha / float(rank))
        };
        Ok(Declared {
            layout: Layout::MlxLm(orientation),
            base_model: self.model,
            scaling: Scaling::Same { rank, scale },
        })
    }
}

impl LoraParameters {
    #[expect(
        clippy::float_cmp,
        reason = "only alpha = rank itself makes no difference"
    )]
    fn rank_and_scale(&self) -> Result<(usize, f64), LoraFault> {
        let rank = needed(self.rank, "lora_parameters.rank")?;
        let scale = needed(self.scale, "lora_parameters.scale")?;
        match self.alpha {
            Some(alpha) if alpha != float(rank) => Err(LoraFault::AmbiguousScale { scale, alpha }),
            _ => Ok((rank, scale)),
        }
    }
}

/// PEFT's `LoraConfig`.
#[derive(Deserialize)]
struct PeftConfig {
    peft_type: String,
    r: Option<usize>,
    lora_alpha: Option<f64>,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    rank_pattern: Pairs<usize>,
    #[serde(default)]
    alpha_pattern: Pairs<f64>,
    base_model_name_or_path: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// Fields that must be empty, and what the adapter has where they are not.
const MORE_THAN_LORA: &[(&str, &str)] = &[
    ("use_dora", "DoRA"),
    ("modules_to_save", "an adapter with modules_to_save"),
    ("lora_bias", "an adapter with lora_bias"),
    ("layer_replication", "layer_replication"),
    ("trainable_token_indices", "an adapter with trained tokens"),
    ("target_parameters", "an adapter with target_parameters"),
    (
        "alora_invocation_tokens",
        "an adapter that an invocation activates",
    ),
    ("use_qalora", "QALoRA"),
    ("use_bdlora", "BDLoRA"),
    ("arrow_config", "arrow routing"),
];

/// Initialisations that leave the base model as it is; others subtract from its weights.
const PLAIN_INITIALISATIONS: &[&str] = &["gaussian", "eva", "orthogonal"];

impl PeftConfig {
    fn check(self) -> Result<Declared, LoraFault> {
        if self.peft_type != "LORA" {
            return Err(unsupported(&format!("the peft_type {:?}", self.peft_type)));
        }
        for (field, what) in MORE_THAN_LORA {
            if self
                .others
                .get(*field)
                .is_some_and(|value| !is_empty(value))
            {
                return Err(unsupported(what));
            }
        }
        match self.others.get("bias") {
            None => {}
            Some(bias) if bias == "none" || bias.is_null() => {}
            Some(_) => return Err(unsupported("an adapter with trained biases")),
        }
        match self.others.get("init_lora_weights").and_then(Value::as_str) {
            Some(name) if !PLAIN_INITIALISATIONS.contains(&name) => {
                return Err(unsupported(&format!(
                    "init_lora_weights {name:?}, which changes the base model,"
                )));
            }
            _ => {}
        }
        let rank = needed(self.r, "r")?;
        let alpha = needed(self.lora_alpha, "lora_alpha")?;
        Ok(Declared {
            layout: Layout::Peft,
            base_model: self.base_model_name_or_path,
            scaling: Scaling::Peft {
                ranks: Patterned::new("rank_pattern", rank, self.rank_pattern)?,
                alphas: Patterned::new("alpha_pattern", alpha, self.alpha_pattern)?,
                rank_stabilised: self.use_rslora,
            },
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "ranks are small")]
fn float(rank: usize) -> f64 {
    rank as f64
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn unsupported(what: &str) -> LoraFault {
    LoraFault::Unsupported {
        what: what.to_owned(),
    }
}

fn needed<T>(value: Option<T>, field: &'static str) -> Result<T, LoraFault> {
    value.ok_or(LoraFault::MissingField { field })
}

/// An object's entries in the order of the file, which decides between patterns; null is none.
#[derive(Debug)]
struct Pairs<T>(Vec<(String, T)>);

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairsVisitor(PhantomData))
    }
}

struct PairsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PairsVisitor<T> {
    type Value = Pairs<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of numbers")
    }

    fn visit_unit<E>(self) -> Result<Pairs<T>, E> {
        Ok(Pairs::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<T>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

#[cfg(test)]
mod tests;
