//! Converts a GGUF file to a model folder for MLX.
//!
//! ```sh
//! cargo run --release --example convert_gguf -- model.gguf FOLDER [f32|bf16|f16]
//! ```

use std::error::Error;

use model_formats::{Precision, gguf_to_folder};

#[expect(clippy::print_stdout, reason = "an example")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (file, folder, precision) = match &arguments[..] {
        [file, folder] => (file, folder, Precision::AsStored),
        [file, folder, precision] => (file, folder, parse(precision)?),
        _ => return Err("convert_gguf FILE.gguf FOLDER [f32|bf16|f16]".into()),
    };
    gguf_to_folder(file, folder, precision, |progress| {
        println!(
            "{:>3} %  {}",
            progress.read * 100 / progress.total,
            progress.weight
        );
    })?;
    Ok(())
}

fn parse(precision: &str) -> Result<Precision, String> {
    match precision {
        "f32" => Ok(Precision::F32),
        "bf16" => Ok(Precision::Bf16),
        "f16" => Ok(Precision::F16),
        other => Err(format!("{other} is none of f32, bf16, f16")),
    }
}
