//! GGUF and safetensors files, LoRA layouts and conversion between them, without a runtime.

mod dtype;
mod tensor;

pub use dtype::Dtype;
pub use tensor::Tensor;
