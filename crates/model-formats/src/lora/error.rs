//! What can be wrong with a LoRA adapter.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::{GgmlType, GgufFileError, SafetensorsError};

/// An adapter that cannot be read or written, and why.
#[derive(Debug)]
pub struct LoraError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: LoraFault,
}

impl fmt::Display for LoraError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.fault)
    }
}

/// The fault is part of the message, so that the source is what caused the fault.
impl Error for LoraError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.fault.source()
    }
}

/// What is wrong with an adapter; the messages do not name the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoraFault {
    /// The operating system refused.
    #[error("the file or folder cannot be read or written")]
    Io(#[source] io::Error),
    /// What is to be written is there already.
    #[error("it exists already: choose another path, or remove it")]
    Exists,
    /// No configuration lies where it is needed.
    #[error(
        "there is no adapter_config.json, which tells rank and scale: copy it beside the weights"
    )]
    NoConfig,
    /// The configuration is not JSON, or a field has another type than mlx-lm and PEFT give it.
    #[error("adapter_config.json is malformed")]
    Config(#[source] serde_json::Error),
    /// The configuration is longer than any adapter's.
    #[error("adapter_config.json has more than {limit} bytes")]
    ConfigTooLong {
        /// The greatest length that is read.
        limit: u64,
    },
    /// The configuration lacks what cannot be guessed.
    #[error("adapter_config.json lacks {field}: take the configuration that was saved in training")]
    MissingField {
        /// The field.
        field: &'static str,
    },
    /// A GGUF file lacks a key that cannot be guessed.
    #[error("the GGUF file lacks {key}: it is not an adapter, or convert it again")]
    MissingKey {
        /// The key.
        key: &'static str,
    },
    /// A field has a value that no adapter can have.
    #[error("{field} is {value}")]
    BadField {
        /// The field.
        field: String,
        /// Its value.
        value: String,
    },
    /// Versions of mlx-lm take the same configuration for different scales.
    #[error(
        "lora_parameters has the scale {scale} and the alpha {alpha}: mlx-lm once multiplied by \
         alpha / rank and now does not; remove alpha, and correct scale if it was trained then"
    )]
    AmbiguousScale {
        /// `scale` in the configuration.
        scale: f64,
        /// `alpha` in the configuration.
        alpha: f64,
    },
    /// A pattern of `rank_pattern` or `alpha_pattern` is not understood.
    #[error("the {field} of adapter_config.json is not understood")]
    Pattern {
        /// The field.
        field: &'static str,
        /// Why.
        #[source]
        source: Box<regex::Error>,
    },
    /// The adapter is of a kind that is not supported.
    #[error("{what} is not supported, LoRA of linear modules is: train or export it as that")]
    Unsupported {
        /// What it has.
        what: String,
    },
    /// The folder has a configuration and no weights.
    #[error("there is no {expected} beside adapter_config.json")]
    NoWeights {
        /// The file that the layout prescribes.
        expected: &'static str,
    },
    /// The weights are a Python pickle, which can run code.
    #[error("the weights are a pickle (adapter_model.bin): save them as safetensors")]
    Pickle,
    /// The folder has several checkpoints and none that is the final one.
    #[error(
        "there are several checkpoints and no adapters.safetensors: name one of {}",
        choices.join(", ")
    )]
    SeveralCheckpoints {
        /// Their file names, sorted.
        choices: Vec<String>,
    },
    /// The safetensors file is damaged.
    #[error("the weights cannot be read or written")]
    Safetensors(#[source] Box<SafetensorsError>),
    /// The GGUF file is damaged.
    #[error("the GGUF file cannot be read")]
    Gguf(#[source] Box<GgufFileError>),
    /// A tensor is none that the layout has.
    #[error("the tensor {tensor} is not one of a LoRA adapter")]
    UnknownTensor {
        /// Its name.
        tensor: String,
    },
    /// Two tensors stand for the same matrix.
    #[error("the module {module} has the matrix {matrix} twice")]
    Twice {
        /// The module.
        module: String,
        /// `a` or `b`.
        matrix: char,
    },
    /// One of a module's two matrices is missing.
    #[error("the module {module} lacks the matrix {matrix}")]
    MissingMatrix {
        /// The module.
        module: String,
        /// `a` or `b`.
        matrix: char,
    },
    /// The weights have no module.
    #[error("the adapter has no module")]
    Empty,
    /// A matrix is of a type that is not a floating-point one.
    #[error("the matrices of {module} are of the types {a} and {b}: F32, F16 and BF16 are read")]
    Dtype {
        /// The module.
        module: String,
        /// Type of the first matrix.
        a: crate::Dtype,
        /// Type of the second.
        b: crate::Dtype,
    },
    /// A tensor of a GGUF adapter is quantised.
    #[error("the tensor {tensor} is of type {kind}: F32, F16 and BF16 are read")]
    GgmlType {
        /// Its name.
        tensor: String,
        /// Its type.
        kind: GgmlType,
    },
    /// The shapes of a module's matrices are not those of the rank.
    #[error(
        "the matrices of {module} have the shapes {a:?} and {b:?}, which do not fit rank {rank}"
    )]
    Shape {
        /// The module.
        module: String,
        /// Shape of the first matrix.
        a: Vec<usize>,
        /// Shape of the second.
        b: Vec<usize>,
        /// The rank that is declared.
        rank: usize,
    },
    /// Some modules lie transposed and others do not.
    #[error("the matrices of {module} lie the other way round than those of {other}")]
    MixedOrientation {
        /// A module.
        module: String,
        /// A module that disagrees.
        other: String,
    },
    /// The modules differ in what the layout keeps once.
    #[error("the module {module} has another {what} than the others, of which this layout has one")]
    NotUniform {
        /// A module that differs.
        module: String,
        /// What it differs in.
        what: &'static str,
    },
    /// The configuration of the base model is not there, or does not tell what is needed.
    #[error("the base model's {field} is not known")]
    Base {
        /// What is not known.
        field: &'static str,
    },
    /// The base model's `config.json` is malformed.
    #[error("the base model's config.json is malformed")]
    BaseConfig(#[source] serde_json::Error),
    /// The GGUF adapter cannot be read without its base.
    #[error(
        "llama.cpp reorders rows for the architecture {architecture}: \
         the base model is needed to read the adapter"
    )]
    NeedsBase {
        /// The architecture.
        architecture: String,
    },
    /// The adapter was made for another architecture.
    #[error("the adapter is for the architecture {adapter}, the base model has {base}")]
    OtherArchitecture {
        /// The adapter's.
        adapter: String,
        /// The base model's.
        base: String,
    },
    /// The architecture's names in GGUF are not known.
    #[error("adapters of the architecture {architecture:?} are not converted")]
    UnknownArchitecture {
        /// `model_type` of the configuration or `general.architecture` of the GGUF file.
        architecture: String,
    },
    /// The module has no name in the other layout.
    #[error("the module {module} has no counterpart in the architecture {architecture}")]
    UnknownModule {
        /// The module.
        module: String,
        /// The architecture.
        architecture: String,
    },
    /// The rows of a module are not those of the base model's heads.
    #[error("the module {module} has {rows} rows, which are not {heads} heads")]
    Heads {
        /// The module.
        module: String,
        /// Its outputs.
        rows: usize,
        /// Heads of the base model.
        heads: usize,
    },
}

impl From<SafetensorsError> for LoraFault {
    fn from(error: SafetensorsError) -> Self {
        Self::Safetensors(Box::new(error))
    }
}

impl From<GgufFileError> for LoraFault {
    fn from(error: GgufFileError) -> Self {
        Self::Gguf(Box::new(error))
    }
}
