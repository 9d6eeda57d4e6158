//! Converts a GGUF file to a model folder for MLX.
//!
//! ```sh
//! cargo run --release -p model-formats --example convert_gguf -- FILE.gguf OUT
//! cargo run --release -p model-formats --example convert_gguf -- FILE.gguf OUT f32
//! ```

use std::env;
use std::error::Error;

use model_formats::{Precision, gguf_to_folder};

#[expect(clippy::print_stdout, reason = "an example")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let (file, folder, precision) = match &arguments[..] {
        [file, folder] => (file, folder, Precision::AsStored),
        [file, folder, precision] => (file, folder, parse(precision)?),
        _ => return Err("convert_gguf FILE.gguf OUT [f32|bf16|f16]".into()),
    };
    gguf_to_folder(file, folder, precision, |progress| {
        let percent = progress.read * 100 / progress.total.max(1);
        println!("{percent:>3} %  {}", progress.weight);
    })?;
    Ok(())
}

fn parse(precision: &str) -> Result<Precision, String> {
    match precision {
        "f32" => Ok(Precision::F32),
        "bf16" => Ok(Precision::Bf16),
        "f16" => Ok(Precision::F16),
        other => Err(format!("{other} is none of f32, bf16 and f16")),
    }
}
