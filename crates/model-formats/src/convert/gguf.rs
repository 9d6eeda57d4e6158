//! Converts a GGUF file to a model folder.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::{ConvertError, ConvertFault};
use super::{FolderProgress, config, files};
use crate::output::OutputFolder;
use crate::{
    GgufFileError, GgufModel, GgufWeight, MAX_SHARD_BYTES, Precision, SafetensorsFolderWriter,
};

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
///     eprintln!("{} of {} bytes", progress.read, progress.total);
/// })?;
/// # Ok::<(), model_formats::ConvertError>(())
/// ```
///
/// # Errors
/// Those of [`GgufModel`]; the folder exists and is not empty, or cannot be written.
pub fn gguf_to_folder(
    file: impl Into<PathBuf>,
    folder: impl AsRef<Path>,
    precision: Precision,
    progress: impl FnMut(FolderProgress<'_>),
) -> Result<(), ConvertError> {
    let folder = folder.as_ref();
    let model = GgufModel::open(file, precision)?;
    let write = || {
        let output = OutputFolder::create(folder)?;
        let json = |name: &str, value: &Value| files::write_json(&output.path().join(name), value);
        json(config::NAME, model.config())?;
        json("generation_config.json", &model.generation_config())?;
        json("tokenizer.json", &model.tokenizer().map_err(Failure::Read)?)?;
        json("tokenizer_config.json", &model.tokenizer_config())?;
        write_weights(&model, output.path(), progress)?;
        Ok(output.finish()?)
    };
    write().map_err(|failure| match failure {
        Failure::Read(error) => error.into(),
        Failure::Write(fault) => fault.at(folder),
    })
}

/// What went wrong on which side.
enum Failure {
    Read(GgufFileError),
    Write(ConvertFault),
}

impl<E: Into<ConvertFault>> From<E> for Failure {
    fn from(fault: E) -> Self {
        Self::Write(fault.into())
    }
}

impl From<GgufFileError> for ConvertError {
    fn from(error: GgufFileError) -> Self {
        Self {
            path: error.path,
            fault: ConvertFault::Gguf(Box::new(error.fault)),
        }
    }
}

fn write_weights(
    model: &GgufModel,
    folder: &Path,
    mut progress: impl FnMut(FolderProgress<'_>),
) -> Result<(), Failure> {
    let specs: Vec<_> = model.weights().flat_map(GgufWeight::parts).collect();
    let metadata = [("format".to_owned(), "mlx".to_owned())].into();
    let mut writer = SafetensorsFolderWriter::create(folder, &specs, &metadata, MAX_SHARD_BYTES)?;
    let total = model.weights().map(|weight| weight.stored).sum();
    let mut read = 0;
    for weight in model.weights() {
        for (name, tensor) in model.read(&weight.name).map_err(Failure::Read)? {
            writer.write(&name, &tensor.data)?;
        }
        read += weight.stored;
        progress(FolderProgress {
            weight: &weight.name,
            read,
            total,
        });
    }
    Ok(writer.finish()?)
}
