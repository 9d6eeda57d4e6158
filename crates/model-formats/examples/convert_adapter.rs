//! Turns a LoRA adapter of mlx-lm or PEFT into a GGUF file for llama.cpp.
//!
//! ```sh
//! cargo run -p model-formats --example convert_adapter -- ADAPTER BASE OUT.gguf
//! ```
//!
//! ADAPTER is a folder or a checkpoint's safetensors file; BASE is the model that it was trained on,
//! a folder with `config.json` or a GGUF file.

use std::env;
use std::error::Error;

use model_formats::{LoraAdapter, LoraBase};

#[expect(clippy::print_stdout, reason = "an example")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [adapter, base, out] = &arguments[..] else {
        return Err("usage: convert_adapter ADAPTER BASE OUT.gguf".into());
    };
    let base = LoraBase::open(base)?;
    let adapter = LoraAdapter::open(adapter, Some(&base))?;
    adapter.write_gguf(out, &base)?;
    println!("{} modules", adapter.modules().len());
    Ok(())
}
