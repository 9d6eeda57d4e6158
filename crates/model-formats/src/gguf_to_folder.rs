//! Converts a GGUF file to a model folder.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::output::OutputFolder;
use crate::{
    GgufFileError, GgufModel, MAX_SHARD_BYTES, Precision, SafetensorsError,
    SafetensorsFolderWriter, TensorSpec,
};

/// How far a conversion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct GgufProgress<'a> {
    /// The weight that was just written, in Hugging Face's name for it.
    pub weight: &'a str,
    /// Bytes of tensors written so far.
    pub written: u64,
    /// Bytes of tensors of the whole model.
    pub total: u64,
}

/// Why a GGUF file cannot be converted to a folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GgufToFolderError {
    /// The file cannot be read, or is of a kind that is not converted.
    #[error(transparent)]
    Gguf(#[from] GgufFileError),
    /// Something is there already.
    #[error("{} exists already: name a new folder, or an empty one", folder.display())]
    Exists {
        /// The folder that was to be made.
        folder: PathBuf,
    },
    /// The weights cannot be written.
    #[error("cannot write the model for {}", folder.display())]
    Weights {
        /// The folder that was to be made.
        folder: PathBuf,
        /// What went wrong.
        #[source]
        source: SafetensorsError,
    },
    /// The folder or one of its small files cannot be written.
    #[error("cannot write the model for {}", folder.display())]
    Io {
        /// The folder that was to be made.
        folder: PathBuf,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
}

/// Converts a GGUF file to a folder as mlx-community ships models: `config.json`,
/// `model.safetensors` with its index (in shards above [`MAX_SHARD_BYTES`]), `tokenizer.json`,
/// `tokenizer_config.json` with the chat template, `generation_config.json`.
///
/// What the tensors look like is told at [`GgufModel`]. One tensor is in memory at a time.
/// `progress` is called after each weight. The folder appears when it is complete; it must not
/// exist before, or be empty. After an error nothing is left.
///
/// ```no_run
/// use model_formats::{Precision, gguf_to_folder};
///
/// gguf_to_folder("model.gguf", "model", Precision::AsStored, |progress| {
///     eprintln!("{} of {} bytes", progress.written, progress.total);
/// })?;
/// # Ok::<(), model_formats::GgufToFolderError>(())
/// ```
///
/// # Errors
/// Those of [`GgufModel`]; the folder exists and is not empty, or cannot be written.
pub fn gguf_to_folder(
    file: impl Into<PathBuf>,
    folder: impl AsRef<Path>,
    precision: Precision,
    progress: impl FnMut(GgufProgress<'_>),
) -> Result<(), GgufToFolderError> {
    let model = GgufModel::open(file, precision)?;
    let files = [
        ("config.json", model.config().clone()),
        ("generation_config.json", model.generation_config()),
        ("tokenizer.json", model.tokenizer()?),
        ("tokenizer_config.json", model.tokenizer_config()),
    ];
    let place = folder.as_ref();
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => GgufToFolderError::Exists {
            folder: place.to_owned(),
        },
        _ => GgufToFolderError::Io {
            folder: place.to_owned(),
            source,
        },
    };
    let output = OutputFolder::create(place).map_err(failed)?;
    for (name, value) in files {
        write(&output.path().join(name), &value).map_err(failed)?;
    }
    write_weights(&model, output.path(), progress).map_err(|error| match error {
        Failure::Gguf(error) => error.into(),
        Failure::Weights(source) => GgufToFolderError::Weights {
            folder: place.to_owned(),
            source,
        },
    })?;
    output.finish().map_err(failed)
}

enum Failure {
    Gguf(GgufFileError),
    Weights(SafetensorsError),
}

fn write_weights(
    model: &GgufModel,
    folder: &Path,
    mut progress: impl FnMut(GgufProgress<'_>),
) -> Result<(), Failure> {
    let specs: Vec<TensorSpec> = model.weights().flat_map(|weight| weight.parts()).collect();
    let bytes = |spec: &TensorSpec| spec.byte_len().map_or(0, |len| len as u64);
    let total = specs.iter().map(bytes).sum();
    let metadata = BTreeMap::from([("format".to_owned(), "mlx".to_owned())]);
    let mut writer = SafetensorsFolderWriter::create(folder, &specs, &metadata, MAX_SHARD_BYTES)
        .map_err(Failure::Weights)?;
    let mut written = 0;
    for weight in model.weights() {
        for (name, tensor) in model.read(&weight.name).map_err(Failure::Gguf)? {
            writer
                .write(&name, &tensor.data)
                .map_err(Failure::Weights)?;
            written += tensor.data.len() as u64;
        }
        progress(GgufProgress {
            weight: &weight.name,
            written,
            total,
        });
    }
    writer.finish().map_err(Failure::Weights)
}

fn write(path: &Path, value: &Value) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    file.write_all(&text)?;
    file.sync_all()
}
