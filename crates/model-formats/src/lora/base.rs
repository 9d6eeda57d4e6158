//! What is needed of a base model to convert an adapter of it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use super::{LoraError, LoraFault};
use crate::gguf::{Architecture, Rows};
use crate::{GgufFile, GgufValue};

/// What is needed of a base model to convert an adapter of it: names and order of rows in GGUF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoraBase {
    pub(super) architecture: String,
    heads: usize,
    kv_heads: usize,
}

const CONFIG: &str = "config.json";
/// Models' configurations have a few KB.
const MAX_CONFIG: u64 = 1 << 20;

/// `model_type` in Hugging Face's configuration, and the architecture in GGUF.
const ARCHITECTURES: &[(&str, &str)] = &[
    ("llama", "llama"),
    ("mistral", "llama"),
    ("qwen2", "qwen2"),
    ("qwen3", "qwen3"),
    ("gemma2", "gemma2"),
    ("gemma3", "gemma3"),
    ("gemma3_text", "gemma3"),
    ("phi3", "phi3"),
];

/// The architecture in GGUF of a `model_type`; `None` where such models are not converted.
pub(crate) fn architecture_of(model_type: &str) -> Option<&'static str> {
    let known = ARCHITECTURES.iter().find(|(name, _)| *name == model_type);
    known.map(|(_, architecture)| *architecture)
}

#[derive(Deserialize)]
struct Config {
    model_type: Option<String>,
    num_attention_heads: Option<usize>,
    num_key_value_heads: Option<usize>,
    #[serde(rename = "text_config")]
    text: Option<Heads>,
}

#[derive(Deserialize)]
struct Heads {
    num_attention_heads: Option<usize>,
    num_key_value_heads: Option<usize>,
}

impl LoraBase {
    /// Reads a model folder's `config.json`, or the header of a GGUF file.
    ///
    /// # Errors
    /// The file cannot be read, or does not tell architecture and heads; or the architecture is
    /// none whose adapters are converted.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LoraError> {
        let path = path.as_ref();
        let read = if path.is_dir() {
            from_folder(path)
        } else {
            GgufFile::open(path)
                .map_err(LoraFault::from)
                .and_then(|file| from_gguf(&file))
        };
        read.map_err(|fault| LoraError {
            path: path.to_owned(),
            fault,
        })
    }

    /// The architecture as GGUF names it, such as `llama`.
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// How many heads the queries have, and how many the keys and values.
    pub fn heads(&self) -> (usize, usize) {
        (self.heads, self.kv_heads)
    }

    /// Heads of the rows that llama.cpp reorders in a module; `None` where it leaves them.
    pub(super) fn reordered_heads(&self, name: &str) -> Option<usize> {
        match name {
            _ if !reorders(&self.architecture) => None,
            "attn_q" => Some(self.heads),
            "attn_k" => Some(self.kv_heads),
            _ => None,
        }
    }

    fn new(
        architecture: &str,
        heads: Option<usize>,
        kv_heads: Option<usize>,
    ) -> Result<Self, LoraFault> {
        let heads = positive(heads).ok_or(LoraFault::Base {
            field: "number of attention heads",
        })?;
        let kv_heads = positive(kv_heads.or(Some(heads))).ok_or(LoraFault::Base {
            field: "number of key and value heads",
        })?;
        Ok(Self {
            architecture: architecture.to_owned(),
            heads,
            kv_heads,
        })
    }
}

/// Whether llama.cpp reorders the rows of queries and keys.
pub(super) fn reorders(architecture: &str) -> bool {
    Architecture::find(architecture).is_some_and(|known| known.rows == Rows::Interleaved)
}

/// Whether the names of an architecture's modules are known.
pub(super) fn check_architecture(architecture: &str) -> Result<(), LoraFault> {
    let unknown = || LoraFault::UnknownArchitecture {
        architecture: architecture.to_owned(),
    };
    Architecture::find(architecture)
        .map(|_| ())
        .ok_or_else(unknown)
}

fn positive(number: Option<usize>) -> Option<usize> {
    number.filter(|&number| number > 0)
}

fn from_folder(folder: &Path) -> Result<LoraBase, LoraFault> {
    let mut json = Vec::new();
    let file = File::open(folder.join(CONFIG)).map_err(LoraFault::Io)?;
    let read = file.take(MAX_CONFIG).read_to_end(&mut json);
    read.map_err(LoraFault::Io)?;
    let config: Config = serde_json::from_slice(&json).map_err(LoraFault::BaseConfig)?;
    let kind = config.model_type.ok_or(LoraFault::Base {
        field: "architecture",
    })?;
    let Some(architecture) = architecture_of(&kind) else {
        return Err(LoraFault::UnknownArchitecture { architecture: kind });
    };
    let heads = config.text.unwrap_or(Heads {
        num_attention_heads: None,
        num_key_value_heads: None,
    });
    LoraBase::new(
        architecture,
        config.num_attention_heads.or(heads.num_attention_heads),
        config.num_key_value_heads.or(heads.num_key_value_heads),
    )
}

fn from_gguf(file: &GgufFile) -> Result<LoraBase, LoraFault> {
    let metadata = file.metadata();
    let architecture = metadata
        .get("general.architecture")
        .and_then(GgufValue::as_str);
    let architecture = architecture.ok_or(LoraFault::Base {
        field: "architecture",
    })?;
    check_architecture(architecture)?;
    let heads = |key: &str| {
        let value = metadata.get(&format!("{architecture}.attention.{key}"))?;
        usize::try_from(value.as_u64()?).ok()
    };
    LoraBase::new(architecture, heads("head_count"), heads("head_count_kv"))
}
