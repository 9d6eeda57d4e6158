//! GGUF and safetensors files, LoRA layouts and conversion between them, without a runtime.

mod dtype;
mod gguf;
mod lora;
mod output;
mod safetensors;
mod tensor;

pub use dtype::Dtype;
pub use gguf::{GgmlType, GgufArray, GgufFault, GgufFile, GgufFileError, GgufTensor, GgufValue};
pub use lora::{LoraAdapter, LoraBase, LoraError, LoraFault, LoraLayout, LoraModule};
pub use safetensors::{
    MAX_SHARD_BYTES, SafetensorsError, SafetensorsFault, SafetensorsFile, SafetensorsFolder,
    SafetensorsFolderWriter, SafetensorsWriter, TensorInfo, TensorSpec,
};
pub use tensor::Tensor;
