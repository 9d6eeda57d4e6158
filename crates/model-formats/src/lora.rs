//! A LoRA adapter in memory, whatever layout it was read from.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Tensor;

mod base;
mod config;
mod error;
mod gguf;
mod gguf_writer;
mod matrix;
mod mlx_lm;
mod name;
mod orientation;
mod peft;
mod source;
mod tensors;
mod write;

pub use base::LoraBase;
pub(crate) use base::architecture_of;
pub use error::{LoraError, LoraFault};
pub(crate) use source::files;

/// A LoRA adapter: what it adds to each module of a base model.
///
/// A module of the base with the input `x` gives `y`; with the adapter it gives
/// `y + scale · (x · a) · b`.
///
/// ```no_run
/// use model_formats::{LoraAdapter, LoraBase};
///
/// let base = LoraBase::open("SmolLM2-135M-Instruct")?;
/// let adapter = LoraAdapter::open("pirate/0000040_adapters.safetensors", Some(&base))?;
/// adapter.write_gguf("pirate.gguf", &base)?;
/// # Ok::<(), model_formats::LoraError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LoraAdapter {
    base_model: Option<String>,
    modules: BTreeMap<String, LoraModule>,
}

/// The layouts that adapters are kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoraLayout {
    /// A folder with `adapters.safetensors` and `adapter_config.json`, as mlx-lm trains it.
    MlxLm,
    /// A folder with `adapter_model.safetensors` and `adapter_config.json`, as Hugging Face's PEFT
    /// saves it.
    Peft,
    /// A GGUF file for llama.cpp.
    Gguf,
}

/// What an adapter adds to one module.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraModule {
    a: Tensor,
    b: Tensor,
    scale: f64,
}

impl LoraAdapter {
    /// Reads an adapter from a folder or a file.
    ///
    /// - A folder with mlx-lm's or PEFT's `adapter_config.json`, which tells rank, scale and layout.
    ///   mlx-lm's checkpoints (`0000040_adapters.safetensors`) count where there is no
    ///   `adapters.safetensors` and only one of them.
    /// - A safetensors file beside such a configuration, to pick a checkpoint.
    /// - A GGUF adapter, or a folder that has one and no configuration. llama.cpp reorders the rows
    ///   of queries and keys of the Llama architecture, which `base` is needed to undo; other
    ///   architectures and layouts need no base.
    ///
    /// Matrices that lie transposed are recognised by their shapes and the rank.
    ///
    /// # Errors
    /// See [`LoraFault`]. A rank or scale that is not told is never guessed, and what is more than
    /// LoRA of linear modules (`DoRA`, embeddings, saved modules, biases) is refused by name.
    pub fn open(path: impl AsRef<Path>, base: Option<&LoraBase>) -> Result<Self, LoraError> {
        source::open(path.as_ref(), base)
    }

    /// Tells the layout of an adapter without reading its weights.
    ///
    /// # Errors
    /// As [`open`](Self::open), as far as the configuration and the names of files tell.
    pub fn layout(path: impl AsRef<Path>) -> Result<LoraLayout, LoraError> {
        source::layout(path.as_ref())
    }

    /// The base model that it was trained on, as the adapter names it; often a local path.
    pub fn base_model(&self) -> Option<&str> {
        self.base_model.as_deref()
    }

    /// The modules by path, such as `model.layers.0.self_attn.q_proj`; at least one.
    pub fn modules(&self) -> &BTreeMap<String, LoraModule> {
        &self.modules
    }

    /// Writes mlx-lm's layout into a folder that is made.
    ///
    /// # Errors
    /// The folder exists and is not empty or cannot be written, or the modules differ in rank or
    /// scale, of which mlx-lm keeps one.
    pub fn write_mlx_lm(&self, folder: impl AsRef<Path>) -> Result<(), LoraError> {
        mlx_lm::write(self, folder.as_ref())
    }

    /// Writes PEFT's layout into a folder that is made.
    ///
    /// # Errors
    /// The folder exists and is not empty or cannot be written.
    pub fn write_peft(&self, folder: impl AsRef<Path>) -> Result<(), LoraError> {
        peft::write(self, folder.as_ref())
    }

    /// Writes a GGUF file for llama.cpp, whose rows of queries and keys are in the order of `base`.
    ///
    /// # Errors
    /// The file exists or cannot be written, the base has no module of that name in llama.cpp, or
    /// the modules differ in scale times rank, of which GGUF keeps one.
    pub fn write_gguf(&self, file: impl AsRef<Path>, base: &LoraBase) -> Result<(), LoraError> {
        gguf::write(self, file.as_ref(), base)
    }
}

impl LoraModule {
    /// The first matrix, `[input, rank]`.
    pub fn a(&self) -> &Tensor {
        &self.a
    }

    /// The second matrix, `[rank, output]`.
    pub fn b(&self) -> &Tensor {
        &self.b
    }

    /// The factor before the product: mlx-lm's `scale`, PEFT's `alpha / rank` or, rank-stabilised,
    /// `alpha / √rank`. Finite and not zero.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// The inner dimension of the product.
    pub fn rank(&self) -> usize {
        self.b.shape[0]
    }

    /// Size of what the module takes.
    pub fn input(&self) -> usize {
        self.a.shape[0]
    }

    /// Size of what the module gives.
    pub fn output(&self) -> usize {
        self.b.shape[1]
    }

    /// PEFT's and llama.cpp's `alpha`: scale times rank.
    fn alpha(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
        let alpha = self.scale * self.rank() as f64;
        // `alpha / rank · rank` may miss the whole number it came from by a rounding.
        let whole = alpha.round();
        if (alpha - whole).abs() <= 1e-12 * whole.abs() {
            whole
        } else {
            alpha
        }
    }
}
