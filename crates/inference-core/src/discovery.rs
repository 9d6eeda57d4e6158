//! Models on this machine: in folders of the user's, and where other programs keep theirs.
//!
//! Looking is all that happens here: a folder's names, `config.json` and the headers of GGUF
//! files are read, weights are not. Names that start with a dot are skipped.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::{Error, ErrorKind, ModelSource};

mod gguf_files;
mod hugging_face;
mod lm_studio;
mod ollama;
mod parts;
mod places;
mod safetensors;
mod walk;

pub use places::Places;
use walk::Walk;

/// A model that was found, usable or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DiscoveredModel {
    /// The folder's or file's name without its extension; in the caches of other programs with
    /// what they put before it (`org/name`, `org/name/file`, `name:tag`). Need not be unique.
    pub name: String,
    /// Where it is, absolute: the folder of safetensors, the GGUF file, or the first part of a
    /// split one.
    pub path: PathBuf,
    /// What its weights are stored as.
    pub format: ModelFormat,
    /// Whose folder it is in.
    pub source: DiscoverySource,
    /// Architecture id, such as `llama`, `qwen3`, `gemma3_text`.
    pub architecture: Option<String>,
    /// Bits of a quantised weight; 0 where weights are not quantised.
    pub quant_bits: Option<u32>,
    /// Weights that share a scale.
    pub quant_group: Option<u32>,
    /// Most tokens that the model was trained to attend to.
    pub context_length: Option<u32>,
    /// Size of the weight files.
    pub size_bytes: u64,
    /// Number of weight files.
    pub num_files: usize,
    /// Why it cannot be used, and the way out; `None` where nothing speaks against it.
    pub problem: Option<String>,
}

/// What a model's weights are stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelFormat {
    /// A GGUF file, or several that belong together.
    Gguf,
    /// A folder with `config.json` and safetensors files.
    Safetensors,
    /// Something that could not be looked at.
    Unknown,
}

/// Whose folder a model was found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DiscoverySource {
    /// The folder that was asked for.
    Folder,
    /// Our own cache.
    MlCache,
    /// The cache of Hugging Face's libraries.
    HuggingFaceCache,
    /// LM Studio's models.
    LmStudio,
    /// Ollama's models.
    Ollama,
}

impl DiscoveredModel {
    fn new(name: String, path: PathBuf, format: ModelFormat, source: DiscoverySource) -> Self {
        Self {
            name,
            path,
            format,
            source,
            architecture: None,
            quant_bits: None,
            quant_group: None,
            context_length: None,
            size_bytes: 0,
            num_files: 0,
            problem: None,
        }
    }

    /// Where to load it from.
    pub fn to_source(&self) -> ModelSource {
        ModelSource::Path(self.path.clone())
    }
}

/// Finds the models in a folder and, one level deep, in its subfolders.
///
/// A folder with `config.json` and at least one safetensors file is a model, every GGUF file is
/// one, and the parts of a split file (`…-00001-of-00003.gguf`) are one together. The folder's
/// own models come first, the others follow in the order of their names. GGUF files that are not
/// language models (vision projectors, LoRA adapters) are left out.
///
/// What looks like a model but is unusable or unreadable (`config.json` is not JSON, a part is
/// missing, a header is damaged) is listed with a [`problem`](DiscoveredModel::problem). At most
/// 100,000 files and folders are looked at; where there are more, the last entry says so.
///
/// # Errors
/// [`ErrorKind::NotFound`] where the folder does not exist, [`ErrorKind::InvalidRequest`] where
/// it cannot be read.
pub fn discover(folder: impl AsRef<Path>) -> Result<Vec<DiscoveredModel>, Error> {
    let folder = folder.as_ref();
    let mut walk = Walk::new(DiscoverySource::Folder);
    match std::path::absolute(folder).and_then(|folder| walk.models_below(&folder, "")) {
        Ok(()) => Ok(walk.finish()),
        Err(error) => Err(unreadable(folder, error)),
    }
}

fn unreadable(folder: &Path, error: io::Error) -> Error {
    let folder = folder.display();
    let (kind, message) = match error.kind() {
        io::ErrorKind::NotFound => (
            ErrorKind::NotFound,
            format!("the folder {folder} does not exist"),
        ),
        _ => (
            ErrorKind::InvalidRequest,
            format!("the folder {folder} cannot be read"),
        ),
    };
    Error::new(kind, message).with_source(error)
}

#[cfg(test)]
mod tests;
