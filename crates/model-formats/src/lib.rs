//! GGUF and safetensors files, LoRA layouts and conversion between them, without a runtime.
//!
//! [`GgufModel`] sees a GGUF file as a Hugging Face model in MLX's form, [`SafetensorsFolder`] and
//! its writer are the folders of that form, [`FolderConversion`] quantises them, [`LoraAdapter`]
//! reads and writes adapters, [`ContentHash`] tells models apart. Files are read on demand, one
//! tensor at a time; what they claim is checked before it is believed.
//!
//! ```no_run
//! use model_formats::{GgufModel, Precision};
//!
//! let model = GgufModel::open("model.gguf", Precision::AsStored)?;
//! for weight in model.weights() {
//!     println!("{} {:?} {:?}", weight.name, weight.shape, weight.quantization);
//! }
//! # Ok::<(), model_formats::GgufFileError>(())
//! ```

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod convert;
mod dtype;
mod gguf;
mod hash;
mod lora;
mod output;
mod quantize;
mod safetensors;
mod tensor;

pub use convert::{ConvertError, ConvertFault, FolderConversion, FolderProgress, gguf_to_folder};
pub use dtype::Dtype;
pub use gguf::{
    GgmlType, GgufArray, GgufFault, GgufFile, GgufFileError, GgufModel, GgufTensor, GgufValue,
    GgufWeight, Precision, TokenizerFault,
};
pub use hash::{ContentHash, HashError};
pub use lora::{LoraAdapter, LoraBase, LoraError, LoraFault, LoraLayout, LoraModule};
pub use quantize::{Quantization, QuantizeError, QuantizedTensor};
pub use safetensors::{
    MAX_SHARD_BYTES, SafetensorsError, SafetensorsFault, SafetensorsFile, SafetensorsFolder,
    SafetensorsFolderWriter, SafetensorsWriter, TensorInfo, TensorSpec,
};
pub use tensor::Tensor;
