//! Which weights a converted model has, and what each is made of.

use std::collections::BTreeMap;

use super::config::{Config, Quantized};
use super::{ConvertFault, FolderConversion};
use crate::{Dtype, Quantization, TensorInfo, TensorSpec};

/// The layer that gives logits, where it is not the embeddings.
pub(super) const HEAD: &str = "lm_head.weight";

/// One weight of the converted model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The tensor that it is made of.
    pub(super) source: String,
    /// Its name.
    pub(super) name: String,
    /// Its shape as if nothing were quantised.
    pub(super) shape: Vec<usize>,
    /// The type of its numbers, or of its scales and biases.
    pub(super) dtype: Dtype,
    pub(super) action: Action,
    /// Bytes that are read for it.
    pub(super) bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Write it in its type.
    Cast,
    /// Quantise it.
    Quantize(Quantization),
    /// Restore what was quantised so.
    Dequantize(Quantization),
}

impl Step {
    /// The tensors that the step writes.
    pub(super) fn specs(&self) -> Vec<TensorSpec> {
        let whole = TensorSpec::new(&self.name, self.dtype, &*self.shape);
        match (self.action, self.shape.split_last()) {
            (Action::Quantize(to), Some((columns, rows))) => {
                let part = |name: &str, dtype, columns| {
                    TensorSpec::new(name, dtype, [rows, &[columns]].concat())
                };
                let groups = columns / to.group_size();
                vec![
                    part(&self.name, Dtype::U32, to.words(*columns)),
                    part(&scales(&self.name), self.dtype, groups),
                    part(&biases(&self.name), self.dtype, groups),
                ]
            }
            _ => vec![whole],
        }
    }
}

/// The scales of a weight.
pub(super) fn scales(weight: &str) -> String {
    format!("{}.scales", module(weight))
}

/// The biases of a quantised weight.
pub(super) fn biases(weight: &str) -> String {
    format!("{}.biases", module(weight))
}

fn module(weight: &str) -> &str {
    weight.strip_suffix(".weight").unwrap_or(weight)
}

/// The weights of the converted model, by name.
pub(super) fn plan<'a>(
    to: &FolderConversion,
    config: &Config,
    tensors: impl Iterator<Item = (&'a str, &'a TensorInfo)>,
) -> Result<Vec<Step>, ConvertFault> {
    if let Some(dtype) = to.dtype.filter(|dtype| !dtype.is_float()) {
        return Err(ConvertFault::Dtype { dtype });
    }
    let quantized = config.quantized()?;
    if quantized.is_some() && to.quantization.is_some() {
        return Err(ConvertFault::AlreadyQuantized);
    }
    let tensors: BTreeMap<_, _> = tensors.collect();
    let planner = Planner {
        quantization: to.quantization,
        dtype: to.dtype.or(config.dtype()),
        quantized,
        tensors,
    };
    let mut steps = BTreeMap::new();
    for source in planner.tensors.keys() {
        let Some(name) = kept(source, config) else {
            continue;
        };
        let Some(step) = planner.step(source, name)? else {
            continue;
        };
        if let Some(other) = steps.insert(step.name.clone(), step) {
            return Err(ConvertFault::Twice { tensor: other.name });
        }
    }
    Ok(steps.into_values().collect())
}

/// The name of a tensor in the converted model; `None` where it is left out.
fn kept(source: &str, config: &Config) -> Option<String> {
    let tied = config.tied() == Some(true);
    if source.contains("rotary_emb.inv_freq") || (tied && module(source) == module(HEAD)) {
        return None;
    }
    if !config.sees() {
        return Some(source.to_owned());
    }
    let path = source.strip_prefix("model.").unwrap_or(source);
    if path.starts_with("vision_tower.") || path.starts_with("multi_modal_projector.") {
        return None;
    }
    // transformers 4.52 turned the prefixes round; mlx-lm has them as they were.
    Some(match source.strip_prefix("model.language_model.") {
        Some(rest) => format!("language_model.model.{rest}"),
        None if source == HEAD => format!("language_model.{HEAD}"),
        None => source.to_owned(),
    })
}

struct Planner<'a> {
    quantization: Option<Quantization>,
    dtype: Option<Dtype>,
    quantized: Option<Quantized<'a>>,
    tensors: BTreeMap<&'a str, &'a TensorInfo>,
}

impl Planner<'_> {
    /// What becomes of a tensor; `None` where it is part of another's step.
    fn step(&self, source: &str, name: String) -> Result<Option<Step>, ConvertFault> {
        let info = self.tensors[source];
        match &self.quantized {
            Some(_) if self.belongs_to_a_weight(source)? => return Ok(None),
            Some(quantized) if info.dtype == Dtype::U32 => {
                return self.dequantize(source, name, quantized).map(Some);
            }
            _ => {}
        }
        if !info.dtype.is_float() {
            return Err(ConvertFault::Elements {
                tensor: source.to_owned(),
                dtype: info.dtype,
            });
        }
        let matrix = info.shape.len() == 2 && name.ends_with(".weight");
        let quantization = self
            .quantization
            .filter(|to| matrix && to.fits(&info.shape));
        Ok(Some(Step {
            source: source.to_owned(),
            name,
            shape: info.shape.clone(),
            dtype: self.dtype.unwrap_or(info.dtype),
            action: quantization.map_or(Action::Cast, Action::Quantize),
            bytes: info.len as u64,
        }))
    }

    /// Whether a tensor is the scales or biases of a quantised weight.
    fn belongs_to_a_weight(&self, source: &str) -> Result<bool, ConvertFault> {
        let parts = [".scales", ".biases"];
        let Some(module) = parts.iter().find_map(|part| source.strip_suffix(part)) else {
            return Ok(false);
        };
        let weight = format!("{module}.weight");
        match self.tensors.get(weight.as_str()) {
            Some(info) if info.dtype == Dtype::U32 => Ok(true),
            _ => Err(ConvertFault::MissingPart { tensor: weight }),
        }
    }

    fn dequantize(
        &self,
        source: &str,
        name: String,
        quantized: &Quantized<'_>,
    ) -> Result<Step, ConvertFault> {
        let from = quantized.of(module(source))?;
        let part = |tensor: String| match self.tensors.get(tensor.as_str()) {
            Some(info) if info.dtype.is_float() => Ok(*info),
            Some(info) => Err(ConvertFault::Elements {
                dtype: info.dtype,
                tensor,
            }),
            None => Err(ConvertFault::MissingPart { tensor }),
        };
        let (scales, biases) = (part(scales(source))?, part(biases(source))?);
        let mut shape = scales.shape.clone();
        if let Some(last) = shape.last_mut() {
            *last = last.saturating_mul(from.group_size());
        }
        Ok(Step {
            source: source.to_owned(),
            name,
            shape,
            dtype: self.dtype.unwrap_or(scales.dtype),
            action: Action::Dequantize(from),
            bytes: (self.tensors[source].len + scales.len + biases.len) as u64,
        })
    }
}
