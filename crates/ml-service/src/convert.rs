//! Conversion of models and adapters between the formats of MLX, PEFT and llama.cpp.

use std::path::PathBuf;

use inference_core::{Error, ErrorKind};
use model_formats::{Dtype, FolderConversion, LoraLayout, Precision};

mod input;
mod output;
mod plan;
mod run;

use input::Input;
pub use run::{Converted, ConvertedFile};

/// What is to be converted, and into what. What is unset follows from the input and the output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConvertRequest {
    /// A GGUF model, a model folder, or a LoRA adapter: a folder or a file.
    pub input: PathBuf,
    /// The folder or, for a GGUF adapter, the file to be made.
    pub output: PathBuf,
    /// The layout to convert to. MLX's is the only one for models.
    pub layout: Option<LoraLayout>,
    /// Bits of a quantised weight.
    pub bits: Option<u32>,
    /// Weights that share a scale; 64 where only `bits` are set.
    pub group_size: Option<usize>,
    /// The type of all numbers that are not quantised.
    pub dtype: Option<Dtype>,
    /// The model that an adapter belongs to: a folder or a GGUF file.
    pub base: Option<PathBuf>,
}

/// A conversion that was found to make sense. Nothing is written yet.
#[derive(Debug)]
pub struct Conversion {
    input: PathBuf,
    output: PathBuf,
    work: Work,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Work {
    /// A GGUF model to a folder.
    Gguf(Precision),
    /// A model folder to another.
    Folder(FolderConversion),
    /// An adapter to a folder in mlx-lm's layout.
    MlxLmAdapter { base: Option<PathBuf> },
    /// An adapter to a folder in PEFT's layout.
    PeftAdapter { base: Option<PathBuf> },
    /// An adapter to a GGUF file.
    GgufAdapter { base: PathBuf },
}

impl Conversion {
    /// Looks at the input, and decides.
    ///
    /// A GGUF model becomes a folder as MLX's tools have them, quantised as it is. A model folder
    /// is quantised by `bits` or made dense by `dtype`. An adapter becomes a GGUF file where the
    /// output is called `*.gguf`, else it changes between the layouts of mlx-lm and PEFT.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`]: the request contradicts itself or the input, says too
    /// little, or the output is there already. [`ErrorKind::NotFound`] and
    /// [`ErrorKind::InvalidModel`]: the input is not there, or is nothing that is converted.
    pub fn plan(request: &ConvertRequest) -> Result<Self, Error> {
        let input = Input::of(&request.input)?;
        let work = plan::work(request, input)?;
        output::require_free(&request.output)?;
        Ok(Self {
            input: request.input.clone(),
            output: request.output.clone(),
            work,
        })
    }
}

/// The request is to be corrected.
fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
