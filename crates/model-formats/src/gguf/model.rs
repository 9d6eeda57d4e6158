//! A GGUF file as a model in Hugging Face's form.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::architecture::Architecture;
use super::config::Config;
use super::hyperparameters::Hyperparameters;
use super::layout::Layout;
use super::rope::RopeFactors;
use super::special::Special;
use super::{
    GgmlType, GgufFault, GgufFile, GgufFileError, GgufTensor, GgufValue, GgufWeight, Precision,
};
use super::{dequantize, tokenizer};
use crate::Tensor;

/// A GGUF file of a supported architecture, seen as a Hugging Face model for MLX.
///
/// Tensors have the names and the order of rows that transformers gives them. `Q4_0`, `Q4_1` and `Q8_0`
/// matrices are in MLX's affine quantised form, number for number as in the file, as `X.weight`,
/// `X.scales` and `X.biases`; other quantised ones are dequantised.
///
/// ```no_run
/// use model_formats::{GgufModel, Precision};
///
/// let model = GgufModel::open("model.gguf", Precision::AsStored)?;
/// println!("{}", model.config()["model_type"]);
/// for weight in model.weights() {
///     for (name, tensor) in model.read(&weight.name)? {
///         println!("{name} {} {:?}", tensor.dtype, tensor.shape);
///     }
/// }
/// # Ok::<(), model_formats::GgufFileError>(())
/// ```
#[derive(Debug)]
pub struct GgufModel {
    file: GgufFile,
    architecture: &'static Architecture,
    weights: BTreeMap<String, GgufWeight>,
    special: Special,
    config: Value,
}

impl GgufModel {
    /// Opens a file and checks that it is a whole model of a supported architecture whose tensors
    /// can all be read.
    ///
    /// `precision` is that of scales, biases, norms, and of all numbers that are not quantised.
    ///
    /// # Errors
    /// Besides those of [`GgufFile::open`]: the architecture is not supported or the file one of
    /// several; a tensor is missing, superfluous, of a type that is not converted or of the wrong
    /// shape; a setting is missing, out of range, or has no equivalent in Hugging Face's form.
    pub fn open(path: impl Into<PathBuf>, precision: Precision) -> Result<Self, GgufFileError> {
        let file = GgufFile::open(path)?;
        match parse(&file, precision) {
            Ok(parts) => Ok(Self {
                architecture: parts.architecture,
                weights: parts.weights,
                special: parts.special,
                config: parts.config,
                file,
            }),
            Err(fault) => Err(file.error(fault)),
        }
    }

    /// The path that the file was opened by.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// What `config.json` holds, named as by transformers, with mlx-lm's `quantization`.
    pub fn config(&self) -> &Value {
        &self.config
    }

    /// What `generation_config.json` holds: the ids that begin a text and all that end one.
    pub fn generation_config(&self) -> Value {
        self.special.generation_config()
    }

    /// What `tokenizer_config.json` holds: the special tokens and the chat template.
    pub fn tokenizer_config(&self) -> Value {
        let context = &self.config["max_position_embeddings"];
        self.special.tokenizer_config(self.chat_template(), context)
    }

    /// The chat template, in Jinja, where the model has one.
    pub fn chat_template(&self) -> Option<&str> {
        self.file
            .metadata()
            .get("tokenizer.chat_template")?
            .as_str()
    }

    /// What `tokenizer.json` holds; made anew at every call.
    ///
    /// # Errors
    /// The tokenizer is of a kind that is not known, or its lists disagree.
    pub fn tokenizer(&self) -> Result<Value, GgufFileError> {
        tokenizer::tokenizer(self.file.metadata(), self.architecture.name, &self.special)
            .map_err(|fault| self.file.error(fault))
    }

    /// The weights, ordered by name.
    pub fn weights(&self) -> impl ExactSizeIterator<Item = &GgufWeight> {
        self.weights.values()
    }

    /// Reads the weight of this name: its tensors by name, in the order of
    /// [`GgufWeight::parts`].
    ///
    /// # Errors
    /// There is no such weight, the file became shorter or cannot be read, the weight does not fit
    /// into memory, or has numbers that its type cannot hold.
    pub fn read(&self, name: &str) -> Result<Vec<(String, Tensor)>, GgufFileError> {
        self.try_read(name).map_err(|fault| self.file.error(fault))
    }

    fn try_read(&self, name: &str) -> Result<Vec<(String, Tensor)>, GgufFault> {
        let missing = || GgufFault::NoSuchTensor {
            tensor: name.to_owned(),
        };
        let weight = self.weights.get(name).ok_or_else(missing)?;
        let names = weight.parts().into_iter().map(|spec| spec.name);
        Ok(names.zip(weight.read(&self.file)?).collect())
    }
}

struct Parts {
    architecture: &'static Architecture,
    weights: BTreeMap<String, GgufWeight>,
    special: Special,
    config: Value,
}

fn parse(file: &GgufFile, precision: Precision) -> Result<Parts, GgufFault> {
    let architecture = architecture(file)?;
    let of = Hyperparameters::new(file.metadata(), architecture.name);
    let weights = Layout::new(architecture, of)?.weights(file, precision)?;
    let special = Special::read(file.metadata())?;
    let config = Config {
        file,
        architecture,
        weights: &weights,
        special: &special,
        rope_factors: &rope_factors(file, architecture)?,
    };
    Ok(Parts {
        config: config.build()?,
        architecture,
        weights,
        special,
    })
}

fn architecture(file: &GgufFile) -> Result<&'static Architecture, GgufFault> {
    let key = "general.architecture";
    let missing = || GgufFault::MissingKey { key: key.into() };
    let name = file.metadata().get(key).and_then(GgufValue::as_str);
    let name = name.ok_or_else(missing)?;
    let found = Architecture::find(name).ok_or_else(|| GgufFault::UnsupportedArchitecture {
        architecture: name.to_owned(),
    })?;
    let count = file.metadata().get("split.count");
    match count.and_then(GgufValue::as_u64) {
        Some(count) if count > 1 => Err(GgufFault::Split { count }),
        _ => Ok(found),
    }
}

fn rope_factors(file: &GgufFile, architecture: &Architecture) -> Result<RopeFactors, GgufFault> {
    let read = |name: &str| match file.tensors().get(name) {
        Some(tensor) if architecture.rope_factors.contains(&name) => {
            let mut factors = vec![0.0; checked_factors(name, tensor)?];
            let stored = file.try_read(name)?;
            dequantize::dequantize(tensor.kind, &stored, &mut factors);
            Ok(Some(factors))
        }
        _ => Ok::<_, GgufFault>(None),
    };
    Ok(RopeFactors {
        llama3: read("rope_freqs.weight")?,
        long: read("rope_factors_long.weight")?,
        short: read("rope_factors_short.weight")?,
    })
}

/// The number of factors, one for each two numbers of a head.
fn checked_factors(name: &str, tensor: &GgufTensor) -> Result<usize, GgufFault> {
    const MOST: usize = 1 << 12;
    match *tensor.shape {
        [count] if count <= MOST && tensor.kind == GgmlType::F32 => Ok(count),
        _ => Err(GgufFault::UnexpectedShape {
            tensor: name.to_owned(),
            shape: tensor.shape.clone(),
            expected: "a list of numbers of type F32".into(),
        }),
    }
}
