//! Everything that needs MLX.

mod adapter;
mod arch;
mod cache;
mod detokenizer;
mod device;
mod load_error;
mod network;
mod quantization;
mod sampler;
mod source;
mod tokenizer;
mod weights;
