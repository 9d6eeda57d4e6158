//! Why a model folder cannot be converted.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::{Dtype, GgufFault, QuantizeError, SafetensorsError};

/// A model folder that cannot be converted, and why.
#[derive(Debug)]
pub struct ConvertError {
    /// The folder that is read or written.
    pub path: PathBuf,
    /// What is wrong.
    pub fault: ConvertFault,
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.fault)
    }
}

/// The fault is part of the message, so that the source is what caused the fault.
impl Error for ConvertError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.fault.source()
    }
}

/// What is wrong with a conversion; the messages do not name the folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertFault {
    /// The operating system refused.
    #[error("the folder cannot be read or written")]
    Io(#[source] io::Error),
    /// What is to be written is there already.
    #[error("it exists already: choose another folder, or remove it")]
    Exists,
    /// The model's configuration is not JSON or not an object.
    #[error("config.json is malformed")]
    Config(#[source] serde_json::Error),
    /// The model's configuration is not there or is longer than any model's.
    #[error("config.json is missing or has more than {limit} bytes")]
    NoConfig {
        /// The greatest length that is read.
        limit: u64,
    },
    /// A field of the configuration is missing or is not what it must be.
    #[error("config.json has no usable {field}")]
    Field {
        /// The field.
        field: String,
    },
    /// The architecture is none that runs here.
    #[error("models of the type {model_type:?} are not converted")]
    Architecture {
        /// `model_type` in the configuration.
        model_type: String,
    },
    /// A quantised model is to be quantised.
    #[error("the model is quantised already: convert the original, or make this one dense first")]
    AlreadyQuantized,
    /// The model is quantised in a form that is not MLX's.
    #[error("the model is quantised with {method}, which is not converted: convert the original")]
    OtherQuantization {
        /// `quant_method` in the configuration, or MLX's mode.
        method: String,
    },
    /// The type is none that weights can be converted to.
    #[error("{dtype} is none of F32, F16 and BF16")]
    Dtype {
        /// The type that was asked for.
        dtype: Dtype,
    },
    /// A weight has elements that are not floating-point numbers.
    #[error("the tensor {tensor} of type {dtype} is not converted")]
    Elements {
        /// The tensor.
        tensor: String,
        /// Its type.
        dtype: Dtype,
    },
    /// The scales or biases of a quantised weight are missing, or the weight of scales.
    #[error("the tensor {tensor} is missing: the model is quantised in parts")]
    MissingPart {
        /// The tensor.
        tensor: String,
    },
    /// Two tensors would get the same name.
    #[error("the tensor {tensor} is there under two names")]
    Twice {
        /// The name that both would get.
        tensor: String,
    },
    /// A number of a weight does not fit the type.
    #[error("the tensor {tensor} has numbers that {dtype} cannot hold: take BF16 or F32")]
    Overflow {
        /// The tensor.
        tensor: String,
        /// The type.
        dtype: Dtype,
    },
    /// A weight cannot be quantised or restored.
    #[error("the tensor {tensor} cannot be converted")]
    Quantize {
        /// The tensor.
        tensor: String,
        /// Why.
        #[source]
        source: QuantizeError,
    },
    /// The GGUF file is damaged, or of a kind that is not converted.
    #[error(transparent)]
    Gguf(Box<GgufFault>),
    /// The weights cannot be read or written.
    #[error("the weights cannot be read or written")]
    Weights(#[source] Box<SafetensorsError>),
}

impl ConvertFault {
    pub(super) fn at(self, path: &Path) -> ConvertError {
        ConvertError {
            path: path.to_owned(),
            fault: self,
        }
    }
}

impl From<SafetensorsError> for ConvertFault {
    fn from(error: SafetensorsError) -> Self {
        Self::Weights(Box::new(error))
    }
}

impl From<io::Error> for ConvertFault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty => Self::Exists,
            _ => Self::Io(error),
        }
    }
}
