//! Turns a LoRA adapter from any layout into another.
//!
//! ```sh
//! cargo run -p model-formats --example convert_adapter -- gguf ADAPTER BASE OUT.gguf
//! cargo run -p model-formats --example convert_adapter -- mlx-lm ADAPTER BASE OUT
//! cargo run -p model-formats --example convert_adapter -- peft ADAPTER BASE OUT
//! ```
//!
//! ADAPTER is a folder, a checkpoint's safetensors file or a GGUF file; BASE is the model that it
//! was trained on, a folder with `config.json` or a GGUF file.

use std::env;
use std::error::Error;

use model_formats::{LoraAdapter, LoraBase};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [layout, adapter, base, out] = &arguments[..] else {
        return Err("usage: convert_adapter gguf|mlx-lm|peft ADAPTER BASE OUT".into());
    };
    let base = LoraBase::open(base)?;
    let adapter = LoraAdapter::open(adapter, Some(&base))?;
    match layout.as_str() {
        "gguf" => adapter.write_gguf(out, &base)?,
        "mlx-lm" => adapter.write_mlx_lm(out)?,
        "peft" => adapter.write_peft(out)?,
        other => return Err(format!("{other} is none of gguf, mlx-lm, peft").into()),
    }
    Ok(())
}
