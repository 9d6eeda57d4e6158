//! What users of the crate see: one file per behaviour.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod convert;
mod gguf_blocks;
mod gguf_bytes;
mod gguf_file;
mod gguf_models;
mod gguf_refusals;
mod gguf_to_folder;
mod gguf_tokenizer;
mod hash;
mod lora;
mod lora_layouts;
mod lora_refusals;
mod quantize;
mod safetensors;
mod safetensors_folder;
