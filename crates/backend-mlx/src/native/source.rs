//! The files of a model: a folder, or one GGUF file.

use std::fs;
use std::path::Path;

use model_formats::{Dtype, SafetensorsFolder, Tensor};
use serde_json::Value;

use super::load_error::LoadError;

/// The files of a model, their headers read and their tensors not.
#[derive(Debug)]
pub(crate) struct Source {
    /// config.json.
    pub(crate) config: Value,
    pub(crate) texts: Texts,
    weights: SafetensorsFolder,
}

/// What a model's files say about text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    /// tokenizer.json.
    pub(crate) tokenizer: Vec<u8>,
    /// tokenizer_config.json.
    pub(crate) tokenizer_config: Option<Value>,
    /// generation_config.json.
    pub(crate) generation_config: Option<Value>,
    /// chat_template.jinja, or the template in chat_template.json.
    pub(crate) chat_template: Option<String>,
}

/// What the header says of a tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
}

impl Source {
    /// Opens the files.
    ///
    /// # Errors
    /// A file is missing, unreadable, truncated or padded.
    pub(crate) fn open(path: &Path) -> Result<Self, LoadError> {
        let config = json(&path.join("config.json"))?;
        let texts = Texts {
            tokenizer: bytes(&path.join("tokenizer.json"))?,
            tokenizer_config: optional(json(&path.join("tokenizer_config.json")))?,
            generation_config: optional(json(&path.join("generation_config.json")))?,
            chat_template: chat_template(path)?,
        };
        let weights = SafetensorsFolder::open(path).map_err(LoadError::format)?;
        Ok(Self {
            config,
            texts,
            weights,
        })
    }

    /// What the header says of a tensor, if there is one of that name.
    pub(crate) fn describe(&self, name: &str) -> Option<Described> {
        self.weights.info(name).map(|info| Described {
            dtype: info.dtype,
            shape: info.shape.clone(),
        })
    }

    /// The names of all tensors.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.weights.tensors().map(|(name, _)| name)
    }

    /// Reads a tensor.
    pub(crate) fn read(&self, name: &str) -> Result<Tensor, LoadError> {
        self.weights.read(name).map_err(LoadError::format)
    }
}

fn chat_template(folder: &Path) -> Result<Option<String>, LoadError> {
    let path = folder.join("chat_template.jinja");
    if let Some(template) = optional(bytes(&path))? {
        return Ok(Some(String::from_utf8_lossy(&template).into_owned()));
    }
    let json = optional(json(&folder.join("chat_template.json")))?;
    let template = json
        .as_ref()
        .and_then(|json| json["chat_template"].as_str());
    Ok(template.map(str::to_owned))
}

fn bytes(path: &Path) -> Result<Vec<u8>, LoadError> {
    fs::read(path).map_err(|source| LoadError::Read {
        path: path.to_owned(),
        source,
    })
}

fn json(path: &Path) -> Result<Value, LoadError> {
    serde_json::from_slice(&bytes(path)?).map_err(|source| LoadError::Json {
        path: path.to_owned(),
        source,
    })
}

/// Takes a file that is not there for none.
fn optional<T>(read: Result<T, LoadError>) -> Result<Option<T>, LoadError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(LoadError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
