//! Which tensor of a GGUF file is which weight of a model.

use std::collections::{BTreeMap, BTreeSet};

use super::architecture::{Architecture, Head, Norms, Rows};
use super::hyperparameters::Hyperparameters;
use super::weight::Source;
use super::{GgufFault, GgufFile, GgufWeight, Precision};

/// The weights that a model must and may have.
#[derive(Debug)]
pub(super) struct Layout {
    architecture: &'static Architecture,
    layers: u64,
    heads: usize,
    key_heads: usize,
}

/// A weight that a model may have.
struct Place {
    /// The tensor in the file.
    tensor: String,
    /// The weight in Hugging Face's form.
    name: String,
    need: Need,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Required,
    Optional,
}

impl Layout {
    pub(super) fn new(
        architecture: &'static Architecture,
        of: Hyperparameters<'_>,
    ) -> Result<Self, GgufFault> {
        let heads = of.size("attention.head_count")?;
        let key_heads = of
            .optional_size("attention.head_count_kv")?
            .unwrap_or(heads);
        let count = |heads| usize::try_from(heads).unwrap_or(usize::MAX);
        Ok(Self {
            architecture,
            layers: of.size("block_count")?,
            heads: count(heads),
            key_heads: count(key_heads),
        })
    }

    /// The weights of a file, by name: all that are required, and no tensor that is none of them.
    pub(super) fn weights(
        &self,
        file: &GgufFile,
        precision: Precision,
    ) -> Result<BTreeMap<String, GgufWeight>, GgufFault> {
        let mut used: BTreeSet<&str> = self.architecture.rope_factors.iter().copied().collect();
        let mut weights = BTreeMap::new();
        for place in self.places() {
            match (file.tensors().get_key_value(&place.tensor), place.need) {
                (Some((name, tensor)), _) => {
                    used.insert(name);
                    let source = self.source(place.tensor);
                    let weight = GgufWeight::new(place.name, tensor, source, precision)?;
                    weights.insert(weight.name.clone(), weight);
                }
                (None, Need::Optional) => {}
                (None, Need::Required) => {
                    return Err(GgufFault::MissingTensor {
                        tensor: place.tensor,
                    });
                }
            }
        }
        let mut names = file.tensors().keys();
        match names.find(|name| !used.contains(name.as_str())) {
            None => Ok(weights),
            Some(tensor) => Err(GgufFault::UnexpectedTensor {
                tensor: tensor.clone(),
                architecture: self.architecture.name,
            }),
        }
    }

    /// Made one by one: the number of layers is only what a file claims.
    fn places(&self) -> impl Iterator<Item = Place> {
        let place = |tensor: &str, name: &str, need| Place {
            tensor: tensor.to_owned(),
            name: name.to_owned(),
            need,
        };
        let mut whole = vec![
            place(
                "token_embd.weight",
                "model.embed_tokens.weight",
                Need::Required,
            ),
            place("output_norm.weight", "model.norm.weight", Need::Required),
        ];
        if self.architecture.head == Head::OwnOrTied {
            whole.push(place("output.weight", "lm_head.weight", Need::Optional));
        }
        whole
            .into_iter()
            .chain((0..self.layers).flat_map(|layer| self.layer(layer)))
    }

    fn layer(&self, layer: u64) -> impl Iterator<Item = Place> {
        let place = move |part, (tensor, name), need| Place {
            tensor: format!("blk.{layer}.{tensor}.{part}"),
            name: format!("model.layers.{layer}.{name}.{part}"),
            need,
        };
        let modules = self.architecture.layer.iter().copied();
        let biased = modules
            .clone()
            .filter(|(tensor, _)| self.architecture.biases.contains(tensor));
        modules
            .map(move |module| place("weight", module, Need::Required))
            .chain(biased.map(move |module| place("bias", module, Need::Optional)))
    }

    /// How the tensor of this name becomes a weight.
    fn source(&self, tensor: String) -> Source {
        let mut names = tensor.rsplit('.');
        let part = names.next().unwrap_or_default();
        let module = names.next().unwrap_or_default();
        let (rows, heads) = match module {
            "attn_q" => (self.architecture.rows, self.heads),
            "attn_k" => (self.architecture.rows, self.key_heads),
            _ => (Rows::AsTheyAre, 1),
        };
        let norm = module.ends_with("norm");
        let list = norm || part == "bias";
        Source {
            tensor,
            rows,
            heads,
            stored: if norm {
                self.architecture.norms
            } else {
                Norms::Weights
            },
            dimensions: if list { 1 } else { 2 },
        }
    }
}
