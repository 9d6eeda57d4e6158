//! Writing an adapter of safetensors and a configuration into a folder.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde_json::Value;

use super::source::CONFIG;
use super::{LoraError, LoraFault};
use crate::output::{OutputFolder, write_file};
use crate::{SafetensorsWriter, Tensor, TensorSpec};

/// What an adapter's folder holds.
pub(super) struct Folder {
    /// Name of the file with the tensors.
    pub(super) weights: &'static str,
    /// Texts in its header.
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) tensors: Vec<(String, Tensor)>,
    pub(super) config: Value,
}

pub(super) fn write_folder(place: &Path, content: &Folder) -> Result<(), LoraError> {
    try_write(place, content).map_err(|fault| LoraError {
        path: place.to_owned(),
        fault,
    })
}

fn try_write(place: &Path, content: &Folder) -> Result<(), LoraFault> {
    let output = OutputFolder::create(place).map_err(io_fault)?;
    let spec = |(name, tensor): &(String, Tensor)| {
        TensorSpec::new(name, tensor.dtype, tensor.shape.clone())
    };
    let specs: Vec<_> = content.tensors.iter().map(spec).collect();
    let weights = output.path().join(content.weights);
    let mut writer = SafetensorsWriter::create(weights, &specs, &content.metadata)?;
    for (name, tensor) in &content.tensors {
        writer.write(name, &tensor.data)?;
    }
    writer.finish()?;
    let config = serde_json::to_vec_pretty(&content.config).map_err(LoraFault::Config)?;
    write_file(&output.path().join(CONFIG), &config).map_err(io_fault)?;
    output.finish().map_err(io_fault)
}

pub(super) fn io_fault(error: io::Error) -> LoraFault {
    match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty => LoraFault::Exists,
        _ => LoraFault::Io(error),
    }
}

/// A module's path as what stands before its layer's number, the number, and what comes after.
pub(super) fn layer_of(path: &str) -> Option<(&str, usize, &str)> {
    let start = match path.strip_prefix("layers.") {
        Some(_) => 0,
        None => path.find(".layers.")? + 1,
    };
    let (number, within) = path[start + "layers.".len()..].split_once('.')?;
    Some((&path[..start], number.parse().ok()?, within))
}
