//! The `config.json` of a model: what a conversion reads of it, and what it makes of it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{ConvertFault, FolderConversion};
use crate::lora::architecture_of;
use crate::{Dtype, Quantization};

pub(super) const NAME: &str = "config.json";
/// Models' configurations have a few KB; those with settings for each module up to a few 100 KB.
const MAX_CONFIG: u64 = 16 << 20;

const QUANTIZATION: &str = "quantization";
/// What Hugging Face's hub and other tools look at.
const QUANTIZATION_TOO: &str = "quantization_config";
const TIED: &str = "tie_word_embeddings";

/// The types that weights have, by their names in configurations.
const DTYPES: &[(&str, Dtype)] = &[
    ("float32", Dtype::F32),
    ("float16", Dtype::F16),
    ("bfloat16", Dtype::Bf16),
];

#[derive(Debug)]
pub(super) struct Config {
    fields: Map<String, Value>,
    model_type: String,
}

impl Config {
    pub(super) fn read(path: &Path) -> Result<Self, ConvertFault> {
        let missing = ConvertFault::NoConfig { limit: MAX_CONFIG };
        let Ok(file) = File::open(path) else {
            return Err(missing);
        };
        let mut json = Vec::new();
        file.take(MAX_CONFIG + 1).read_to_end(&mut json)?;
        if json.len() as u64 > MAX_CONFIG {
            return Err(missing);
        }
        Self::parse(&json)
    }

    pub(super) fn parse(json: &[u8]) -> Result<Self, ConvertFault> {
        let fields: Map<String, Value> =
            serde_json::from_slice(json).map_err(ConvertFault::Config)?;
        let Some(model_type) = fields.get("model_type").and_then(Value::as_str) else {
            return Err(field("model_type"));
        };
        if architecture_of(model_type).is_none() {
            return Err(ConvertFault::Architecture {
                model_type: model_type.to_owned(),
            });
        }
        Ok(Self {
            model_type: model_type.to_owned(),
            fields,
        })
    }

    /// Whether the model also sees, so that the language model's tensors have a prefix.
    pub(super) fn sees(&self) -> bool {
        self.model_type == "gemma3"
    }

    /// The type that the model was saved with.
    pub(super) fn dtype(&self) -> Option<Dtype> {
        let text = self.fields.get("text_config");
        let name = ["torch_dtype", "dtype"].into_iter().find_map(|key| {
            let value = self.fields.get(key).or_else(|| text?.get(key));
            value?.as_str()
        })?;
        let known = DTYPES.iter().find(|(known, _)| *known == name);
        known.map(|(_, dtype)| *dtype)
    }

    /// Whether the head is the embeddings, where the configuration says.
    pub(super) fn tied(&self) -> Option<bool> {
        self.fields.get(TIED)?.as_bool()
    }

    /// How MLX quantised the model; `None` where it did not.
    pub(super) fn quantized(&self) -> Result<Option<Quantized<'_>>, ConvertFault> {
        match (
            self.fields.get(QUANTIZATION),
            self.fields.get(QUANTIZATION_TOO),
        ) {
            (None | Some(Value::Null), None | Some(Value::Null)) => Ok(None),
            (Some(Value::Object(settings)), _) => Ok(Some(Quantized {
                default: setting(settings, QUANTIZATION)?,
                settings,
            })),
            (_, Some(other)) => {
                let method = other.get("quant_method").and_then(Value::as_str);
                Err(ConvertFault::OtherQuantization {
                    method: method.unwrap_or("an unknown method").to_owned(),
                })
            }
            _ => Err(field(QUANTIZATION)),
        }
    }

    /// The configuration of the converted model; `has_head` tells whether its head is a weight.
    pub(super) fn converted(&self, to: &FolderConversion, has_head: bool) -> Value {
        let mut fields = self.fields.clone();
        for key in [
            "_name_or_path",
            "vision_config",
            QUANTIZATION,
            QUANTIZATION_TOO,
        ] {
            fields.remove(key);
        }
        if let Some(quantization) = to.quantization {
            let settings = json!({
                "group_size": quantization.group_size(),
                "bits": quantization.bits(),
                "mode": "affine",
            });
            fields.insert(QUANTIZATION.to_owned(), settings.clone());
            fields.insert(QUANTIZATION_TOO.to_owned(), settings);
        }
        if let Some((name, _)) = DTYPES.iter().find(|(_, dtype)| Some(*dtype) == to.dtype) {
            fields.insert("torch_dtype".to_owned(), json!(name));
        }
        // The tools' defaults differ, so that it is said.
        let gemma = self.model_type.starts_with("gemma");
        if !gemma && self.tied().is_none() {
            fields.insert(TIED.to_owned(), json!(!has_head));
        }
        let mut fields: Vec<_> = fields.into_iter().collect();
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        Value::Object(fields.into_iter().collect())
    }
}

/// How MLX quantised the modules of a model.
#[derive(Debug)]
pub(super) struct Quantized<'a> {
    default: Quantization,
    settings: &'a Map<String, Value>,
}

impl Quantized<'_> {
    /// How a module is quantised.
    pub(super) fn of(&self, module: &str) -> Result<Quantization, ConvertFault> {
        match self.settings.get(module).and_then(Value::as_object) {
            Some(own) => setting(own, module),
            None => Ok(self.default),
        }
    }
}

fn setting(settings: &Map<String, Value>, name: &str) -> Result<Quantization, ConvertFault> {
    match settings.get("mode").and_then(Value::as_str) {
        None | Some("affine") => {}
        Some(mode) => {
            return Err(ConvertFault::OtherQuantization {
                method: mode.to_owned(),
            });
        }
    }
    let number = |key: &str| settings.get(key).and_then(Value::as_u64);
    let bits = number("bits").and_then(|bits| u32::try_from(bits).ok());
    let group_size = number("group_size").and_then(|size| usize::try_from(size).ok());
    match (bits, group_size) {
        (Some(bits), Some(group_size)) => {
            Quantization::new(bits, group_size).map_err(|source| ConvertFault::Quantize {
                tensor: name.to_owned(),
                source,
            })
        }
        _ => Err(field(&format!("bits and group_size of {name}"))),
    }
}

fn field(name: &str) -> ConvertFault {
    ConvertFault::Field {
        field: name.to_owned(),
    }
}
