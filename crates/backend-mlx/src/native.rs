//! Everything that needs MLX.

mod adapter;
mod arch;
mod availability;
mod cache;
#[cfg(test)]
#[path = "../tests/it/cached.rs"]
mod cached;
mod detokenizer;
mod device;
mod engine;
mod heap;
mod load_error;
pub mod memory;
mod model;
mod network;
mod quantization;
mod sampler;
mod source;
mod template;
mod tokenizer;
mod weights;

pub(crate) use availability::missing;
pub use engine::Activity;
pub use model::{MlxBackend, MlxTextModel};
pub(crate) use model::{Report, load};

/// Reads a config.json, for the fuzz target of it.
#[cfg(fuzzing)]
pub fn read_config(config: &serde_json::Value) {
    // What is refused is no finding; what ends the process is.
    let _ = quantization::Quantization::read(config);
    if let Ok(spec) = arch::spec(config) {
        drop(spec.inventory());
    }
}
