//! What a request for a conversion means, or why it means nothing.

use std::ffi::OsStr;
use std::path::Path;

use inference_core::Error;
use model_formats::{Dtype, FolderConversion, LoraLayout, Precision, Quantization};

use super::input::Input;
use super::{ConvertRequest, Work, invalid};

/// Weights that share a scale where nothing else was said, as in mlx-lm.
const GROUP_SIZE: usize = 64;

/// What is to be done with the input.
pub(super) fn work(request: &ConvertRequest, input: Input) -> Result<Work, Error> {
    match input {
        Input::Gguf => gguf(request),
        Input::Folder => folder(request),
        Input::Adapter(from) => adapter(request, from),
    }
}

fn gguf(request: &ConvertRequest) -> Result<Work, Error> {
    require_model_folder(request)?;
    if request.bits.is_some() || request.group_size.is_some() {
        return Err(invalid(
            "a GGUF model keeps its own quantisation: convert it without --bits, then the new \
             folder with --dtype, which makes it dense, and that one with --bits",
        ));
    }
    Ok(Work::Gguf(match request.dtype {
        None => Precision::AsStored,
        Some(Dtype::F32) => Precision::F32,
        Some(Dtype::F16) => Precision::F16,
        Some(Dtype::Bf16) => Precision::Bf16,
        Some(other) => return Err(no_dtype(other)),
    }))
}

fn folder(request: &ConvertRequest) -> Result<Work, Error> {
    require_model_folder(request)?;
    let quantization = match (request.bits, request.group_size) {
        (Some(bits), group_size) => {
            let group_size = group_size.unwrap_or(GROUP_SIZE);
            let quantization = Quantization::new(bits, group_size);
            Some(quantization.map_err(|error| invalid(error.to_string()))?)
        }
        (None, Some(_)) => return Err(invalid("--group-size needs --bits")),
        (None, None) => None,
    };
    if let Some(other) = request.dtype.filter(|dtype| !dtype.is_float()) {
        return Err(no_dtype(other));
    }
    if quantization.is_none() && request.dtype.is_none() {
        return Err(invalid(
            "a model folder is quantised (--bits 2, 3, 4, 6 or 8) or made dense (--dtype f32, f16 \
             or bf16): say which",
        ));
    }
    Ok(Work::Folder(FolderConversion {
        dtype: request.dtype,
        quantization,
    }))
}

fn adapter(request: &ConvertRequest, from: LoraLayout) -> Result<Work, Error> {
    if request.bits.is_some() || request.group_size.is_some() || request.dtype.is_some() {
        return Err(invalid(
            "--bits, --group-size and --dtype are for models, and this is an adapter",
        ));
    }
    let to = match (request.layout, is_gguf(&request.output)) {
        (Some(to), is_gguf) if is_gguf == (to == LoraLayout::Gguf) => to,
        (Some(LoraLayout::Gguf), _) => {
            return Err(invalid(
                "a GGUF adapter is a file: call the output NAME.gguf",
            ));
        }
        (Some(_), _) => {
            return Err(invalid(
                "an adapter for mlx-lm or PEFT is a folder: give the output a name without .gguf",
            ));
        }
        (None, true) => LoraLayout::Gguf,
        (None, false) => match from {
            LoraLayout::MlxLm => LoraLayout::Peft,
            LoraLayout::Peft => LoraLayout::MlxLm,
            LoraLayout::Gguf => {
                return Err(invalid(
                    "a GGUF adapter becomes one for mlx-lm or for PEFT: say which (--to mlx or peft)",
                ));
            }
        },
    };
    let base = request.base.clone();
    match to {
        LoraLayout::MlxLm => Ok(Work::MlxLmAdapter { base }),
        LoraLayout::Peft => Ok(Work::PeftAdapter { base }),
        LoraLayout::Gguf => match base {
            Some(base) => Ok(Work::GgufAdapter { base }),
            None => Err(invalid(
                "the rows of a GGUF adapter are in the order of its base model: name that model, \
                 a folder or a GGUF file (--base)",
            )),
        },
    }
}

/// Refuses what is only for adapters.
fn require_model_folder(request: &ConvertRequest) -> Result<(), Error> {
    if is_gguf(&request.output) || request.layout == Some(LoraLayout::Gguf) {
        return Err(invalid(
            "models are converted to MLX's folders, not to GGUF: llama.cpp's \
             convert_hf_to_gguf.py does that",
        ));
    }
    if request.layout == Some(LoraLayout::Peft) {
        return Err(invalid(
            "the layout of PEFT is for adapters, and this is a model",
        ));
    }
    if request.base.is_some() {
        return Err(invalid("--base is for adapters, and this is a model"));
    }
    Ok(())
}

fn is_gguf(path: &Path) -> bool {
    path.extension() == Some(OsStr::new("gguf"))
}

fn no_dtype(dtype: Dtype) -> Error {
    invalid(format!(
        "{dtype} is no dtype of weights: there is f32, f16 and bf16"
    ))
}

#[cfg(test)]
mod tests;
