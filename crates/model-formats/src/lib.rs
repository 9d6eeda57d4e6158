//! GGUF and safetensors files, LoRA layouts and conversion between them, without a runtime.

mod dtype;
mod safetensors;
mod tensor;

pub use dtype::Dtype;
pub use safetensors::{
    MAX_SHARD_BYTES, SafetensorsError, SafetensorsFault, SafetensorsFile, SafetensorsFolder,
    SafetensorsFolderWriter, SafetensorsWriter, TensorInfo, TensorSpec,
};
pub use tensor::Tensor;
