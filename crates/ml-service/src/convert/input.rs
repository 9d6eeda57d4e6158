//! What the input of a conversion is.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use inference_core::{Error, ErrorKind, GgufHeader};
use model_formats::{LoraAdapter, LoraLayout};

use super::invalid;
use crate::format_error;

/// What the input of a conversion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// A GGUF file with a model.
    Gguf,
    /// A folder with `config.json` and safetensors.
    Folder,
    /// A LoRA adapter in this layout.
    Adapter(LoraLayout),
}

const ADAPTER_CONFIG: &str = "adapter_config.json";
const MODEL_CONFIG: &str = "config.json";

impl Input {
    /// Looks at names and headers.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        let metadata = fs::metadata(path).map_err(|error| unreadable(path, error))?;
        if metadata.is_dir() {
            of_folder(path)
        } else {
            of_file(path)
        }
    }
}

fn of_folder(folder: &Path) -> Result<Input, Error> {
    let has = |name: &str| folder.join(name).is_file();
    if has(ADAPTER_CONFIG) {
        return adapter(folder);
    }
    let files = fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    let is_weights = |name: &Path| name.extension() == Some(OsStr::new("safetensors"));
    let has_weights = files.flatten().any(|file| is_weights(&file.path()));
    if has(MODEL_CONFIG) && has_weights {
        return Ok(Input::Folder);
    }
    let folder = folder.display();
    Err(Error::new(
        ErrorKind::InvalidModel,
        format!(
            "{folder} is neither a model folder ({MODEL_CONFIG} with safetensors) nor an adapter \
             ({ADAPTER_CONFIG}); a GGUF file is named by its own path"
        ),
    ))
}

fn of_file(file: &Path) -> Result<Input, Error> {
    let mut start = Vec::new();
    File::open(file)
        .and_then(|file| file.take(4).read_to_end(&mut start))
        .map_err(|error| unreadable(file, error))?;
    if start == b"GGUF" {
        let header = GgufHeader::open(file).map_err(|error| {
            let message = format!("{}: {error}", file.display());
            Error::new(ErrorKind::InvalidModel, message)
        })?;
        return match header.kind.as_deref() {
            Some("adapter") => Ok(Input::Adapter(LoraLayout::Gguf)),
            _ => Ok(Input::Gguf),
        };
    }
    let beside = |name: &str| file.with_file_name(name).is_file();
    if !beside(ADAPTER_CONFIG) && beside(MODEL_CONFIG) {
        return Err(invalid(format!(
            "{} is a part of a model: name its folder",
            file.display()
        )));
    }
    adapter(file)
}

fn adapter(path: &Path) -> Result<Input, Error> {
    let layout = LoraAdapter::layout(path).map_err(|error| format_error::convert(&error))?;
    Ok(Input::Adapter(layout))
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    let path = path.display();
    let (kind, message) = match error.kind() {
        io::ErrorKind::NotFound => (
            ErrorKind::NotFound,
            format!("there is no file or folder {path}"),
        ),
        _ => (ErrorKind::InvalidRequest, format!("cannot read {path}")),
    };
    Error::new(kind, message).with_source(error)
}
