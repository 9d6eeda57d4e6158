//! The files of a model: a folder, or one GGUF file.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use model_formats::{Dtype, GgufModel, GgufWeight, Precision, SafetensorsFolder, Tensor};
use serde_json::Value;

use super::load_error::LoadError;

/// The files of a model, their headers read and their tensors not.
#[derive(Debug)]
pub(crate) struct Source {
    /// `config.json`.
    pub(crate) config: Value,
    pub(crate) texts: Texts,
    tensors: HashMap<String, Described>,
    weights: Weights,
}

/// Where the tensors are.
#[derive(Debug)]
enum Weights {
    Folder(SafetensorsFolder),
    Gguf(Box<GgufModel>),
}

/// What a model's files say about text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    /// `tokenizer.json`.
    pub(crate) tokenizer: Vec<u8>,
    /// `tokenizer_config.json`.
    pub(crate) tokenizer_config: Option<Value>,
    /// `generation_config.json`.
    pub(crate) generation_config: Option<Value>,
    /// `chat_template.jinja`, or the template in `chat_template.json`.
    pub(crate) chat_template: Option<String>,
}

/// What the header says of a tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
}

impl Source {
    /// Opens a folder with config.json, or a GGUF file.
    ///
    /// # Errors
    /// A file is missing, unreadable, truncated or padded; or the GGUF file has an architecture,
    /// a type or a tokenizer that is not supported.
    pub(crate) fn open(path: &Path) -> Result<Self, LoadError> {
        if path.is_file() {
            Self::open_gguf(path)
        } else {
            Self::open_folder(path)
        }
    }

    fn open_folder(path: &Path) -> Result<Self, LoadError> {
        let config = json(&path.join("config.json"))?;
        let texts = Texts {
            tokenizer: bytes(&path.join("tokenizer.json"))?,
            tokenizer_config: optional(json(&path.join("tokenizer_config.json")))?,
            generation_config: optional(json(&path.join("generation_config.json")))?,
            chat_template: chat_template(path)?,
        };
        let weights = SafetensorsFolder::open(path).map_err(LoadError::format)?;
        let tensors = weights.tensors().map(|(name, info)| {
            let (dtype, shape) = (info.dtype, info.shape.clone());
            (name.to_owned(), Described { dtype, shape })
        });
        Ok(Self {
            config,
            texts,
            tensors: tensors.collect(),
            weights: Weights::Folder(weights),
        })
    }

    fn open_gguf(path: &Path) -> Result<Self, LoadError> {
        let weights = GgufModel::open(path, Precision::AsStored).map_err(LoadError::format)?;
        let parts = weights.weights().flat_map(GgufWeight::parts);
        let tensors = parts.map(|part| {
            let (dtype, shape) = (part.dtype, part.shape);
            (part.name, Described { dtype, shape })
        });
        let tensors = tensors.collect();
        let tokenizer = weights.tokenizer().map_err(LoadError::format)?;
        Ok(Self {
            config: weights.config().clone(),
            texts: Texts {
                tokenizer: tokenizer.to_string().into_bytes(),
                tokenizer_config: Some(weights.tokenizer_config()),
                generation_config: Some(weights.generation_config()),
                chat_template: None,
            },
            tensors,
            weights: Weights::Gguf(Box::new(weights)),
        })
    }

    /// What the header says of a tensor, if there is one of that name.
    pub(crate) fn describe(&self, name: &str) -> Option<&Described> {
        self.tensors.get(name)
    }

    /// The names of all tensors.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Reads `MODULE.weight`, and its scales and biases where it is quantised; by name.
    pub(crate) fn read(&self, module: &str) -> Result<HashMap<String, Tensor>, LoadError> {
        let weight = format!("{module}.weight");
        match &self.weights {
            Weights::Gguf(weights) => {
                let parts = weights.read(&weight).map_err(LoadError::format)?;
                Ok(parts.into_iter().collect())
            }
            Weights::Folder(_) => {
                let others = ["scales", "biases"].map(|part| format!("{module}.{part}"));
                let others = others
                    .into_iter()
                    .filter(|name| self.describe(name).is_some());
                let read = |name: String| self.read_one(&name).map(|tensor| (name, tensor));
                [weight].into_iter().chain(others).map(read).collect()
            }
        }
    }

    /// Reads one tensor that is not part of a quantised matrix.
    pub(crate) fn read_one(&self, name: &str) -> Result<Tensor, LoadError> {
        match &self.weights {
            Weights::Folder(weights) => weights.read(name).map_err(LoadError::format),
            Weights::Gguf(weights) => {
                let parts = weights.read(name).map_err(LoadError::format)?;
                let only = parts.into_iter().next();
                only.map(|(_, tensor)| tensor)
                    .ok_or_else(|| LoadError::MissingTensor {
                        name: name.to_owned(),
                    })
            }
        }
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
