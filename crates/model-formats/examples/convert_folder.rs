//! Quantises a model folder for MLX, or gives it another floating-point type.
//!
//! ```sh
//! cargo run --release -p model-formats --example convert_folder -- FOLDER OUT 4 64
//! cargo run --release -p model-formats --example convert_folder -- FOLDER OUT bf16
//! ```

use std::env;
use std::error::Error;

use model_formats::{Dtype, FolderConversion, Quantization};

#[expect(clippy::print_stdout, reason = "an example")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let (from, to, conversion) = match &arguments[..] {
        [from, to, dtype] => (from, to, dense(dtype)?),
        [from, to, bits, group] => (from, to, quantized(bits.parse()?, group.parse()?)?),
        _ => return Err("convert_folder FOLDER OUT [f32|f16|bf16|BITS GROUP]".into()),
    };
    conversion.run(from, to, |progress| {
        let percent = progress.read * 100 / progress.total.max(1);
        println!("{percent:>3} %  {}", progress.weight);
    })?;
    Ok(())
}

fn dense(dtype: &str) -> Result<FolderConversion, String> {
    let dtype = match dtype {
        "f32" => Dtype::F32,
        "f16" => Dtype::F16,
        "bf16" => Dtype::Bf16,
        other => return Err(format!("{other} is none of f32, f16, bf16")),
    };
    Ok(FolderConversion {
        dtype: Some(dtype),
        quantization: None,
    })
}

fn quantized(bits: u32, group_size: usize) -> Result<FolderConversion, Box<dyn Error>> {
    Ok(FolderConversion {
        dtype: None,
        quantization: Some(Quantization::new(bits, group_size)?),
    })
}
