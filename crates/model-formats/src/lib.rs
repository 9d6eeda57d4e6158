//! GGUF and safetensors files, LoRA layouts and conversion between them, without a runtime.

mod convert;
mod dtype;
mod gguf;
mod hash;
mod lora;
mod output;
mod quantize;
mod safetensors;
mod tensor;

pub use convert::{
    ConvertError, ConvertFault, FolderConversion, FolderProgress, gguf_to_folder,
};
pub use dtype::Dtype;
pub use gguf::{
    GgmlType, GgufArray, GgufFault, GgufFile, GgufFileError, GgufModel, GgufTensor,
    GgufValue, GgufWeight, Precision, TokenizerFault,
};
pub use hash::{ContentHash, HashError};
pub use lora::{LoraAdapter, LoraBase, LoraError, LoraFault, LoraLayout, LoraModule};
pub use quantize::{Quantization, QuantizeError, QuantizedTensor};
pub use safetensors::{
    MAX_SHARD_BYTES, SafetensorsError, SafetensorsFault, SafetensorsFile, SafetensorsFolder,
    SafetensorsFolderWriter, SafetensorsWriter, TensorInfo, TensorSpec,
};
pub use tensor::Tensor;
