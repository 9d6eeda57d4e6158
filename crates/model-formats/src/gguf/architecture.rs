//! How the models of each architecture are laid out in GGUF files, and how in Hugging Face's.
//!
//! The names of tensors and metadata are those of llama.cpp's `gguf-py`, those of modules and
//! settings those of transformers.

use serde_json::{Map, Value};

use super::hyperparameters::Hyperparameters;
use super::rope::RopeFactors;
use super::{GgufFault, GgufFile};

mod gemma;
mod llama;
mod phi3;
mod qwen;

/// What is particular to an architecture.
#[derive(Debug)]
pub(crate) struct Architecture {
    /// `general.architecture`.
    pub(super) name: &'static str,
    /// `model_type`.
    pub(super) model_type: &'static str,
    /// The entry of `architectures`.
    pub(super) class: &'static str,
    /// The modules of a layer, each with a weight: in a GGUF file, and here.
    pub(crate) layer: &'static [(&'static str, &'static str)],
    /// Those of them, by the GGUF file's names, that may have a bias.
    pub(super) biases: &'static [&'static str],
    /// Whether the embeddings may stand in for a head that is not there, or always do.
    pub(super) head: Head,
    /// How llama.cpp orders the rows of `attn_q` and `attn_k`.
    pub(crate) rows: Rows,
    /// What llama.cpp stores of the norms.
    pub(super) norms: Norms,
    /// The tensors with factors for the rotary embedding, which `config.json` has as settings.
    pub(super) rope_factors: &'static [&'static str],
    /// Adds to `config.json` what not every architecture has.
    pub(super) configure: fn(&Facts<'_>, &mut Map<String, Value>) -> Result<(), GgufFault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// `output.weight`, else the embeddings.
    OwnOrTied,
    /// Always the embeddings.
    Tied,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// As in Hugging Face's form.
    AsTheyAre,
    /// The two numbers that are rotated together lie beside each other; in Hugging Face's form
    /// they are half a head apart.
    Interleaved,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Norms {
    /// The weights.
    Weights,
    /// One more than the weights.
    WeightsPlusOne,
}

/// What `config.json` is made of.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) hyperparameters: Hyperparameters<'a>,
    pub(super) rope_factors: &'a RopeFactors,
    /// Numbers of a head's query.
    pub(super) head_dim: u64,
    pub(super) file: &'a GgufFile,
}

impl Architecture {
    /// The architecture of this `general.architecture`.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        let known = [
            &llama::LLAMA,
            &llama::MISTRAL,
            &qwen::QWEN2,
            &qwen::QWEN3,
            &gemma::GEMMA2,
            &gemma::GEMMA3,
            &phi3::PHI3,
        ];
        known
            .into_iter()
            .find(|architecture| architecture.name == name)
    }
}
