//! Converts a model folder to another precision, as `mlx_lm.convert` does.

use std::io;
use std::path::Path;

use crate::output::OutputFolder;
use crate::{
    Dtype, MAX_SHARD_BYTES, Quantization, QuantizedTensor, SafetensorsFolder,
    SafetensorsFolderWriter, Tensor,
};

mod cast;
mod config;
mod error;
mod files;
mod gguf;
mod plan;

use cast::cast;
use config::Config;
pub use error::{ConvertError, ConvertFault};
pub use gguf::gguf_to_folder;
use plan::{Action, Step, plan};

/// What a model folder is converted to.
///
/// ```no_run
/// use model_formats::{FolderConversion, Quantization};
///
/// let four_bits = FolderConversion {
///     quantization: Some(Quantization::new(4, 64)?),
///     ..FolderConversion::default()
/// };
/// four_bits.run("Qwen3-0.6B", "Qwen3-0.6B-4bit", |progress| {
///     eprintln!("{} of {} bytes", progress.read, progress.total);
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FolderConversion {
    /// `F32`, `F16` or `BF16` for all floating-point numbers, also scales and biases; unset is the
    /// `torch_dtype` of the configuration, and where it has none, each weight keeps its type.
    pub dtype: Option<Dtype>,
    /// How linear and embedding weights are quantised; unset leaves them dense, and makes a model
    /// dense that MLX quantised.
    pub quantization: Option<Quantization>,
}

/// How far a conversion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FolderProgress<'a> {
    /// The weight that was just written.
    pub weight: &'a str,
    /// Bytes of weights read so far.
    pub read: u64,
    /// Bytes of weights that are read in all.
    pub total: u64,
}

impl FolderConversion {
    /// Converts the folder `from`, in Hugging Face's or MLX's form, to the folder `to`.
    ///
    /// Weights whose rows are not of whole groups stay dense, as do norms. A head that is tied to
    /// the embeddings, precomputed rotary frequencies and the parts of a model that see are left
    /// out. `config.json` tells of the quantisation; all other files of the folder are copied,
    /// except weights in other formats and folders within.
    ///
    /// One tensor is in memory at a time. `progress` is called after each weight. `to` appears when
    /// it is complete; it must not exist before, or be empty. After an error nothing is left.
    ///
    /// # Errors
    /// The architecture is none that runs here; the model is quantised already and is to be again,
    /// or in a form that is not MLX's; a number is not finite or does not fit the type; a file is
    /// damaged or cannot be read or written.
    pub fn run(
        &self,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        progress: impl FnMut(FolderProgress<'_>),
    ) -> Result<(), ConvertError> {
        let (from, to) = (from.as_ref(), to.as_ref());
        let read = |fault: ConvertFault| fault.at(from);
        let write = |error: io::Error| ConvertFault::from(error).at(to);
        let config = Config::read(&from.join(config::NAME)).map_err(read)?;
        let weights = SafetensorsFolder::open(from).map_err(|error| read(error.into()))?;
        let steps = plan(self, &config, weights.tensors()).map_err(read)?;
        let output = OutputFolder::create(to).map_err(write)?;
        write_weights(&steps, &weights, output.path(), progress).map_err(read)?;
        let has_head = steps.iter().any(|step| step.name == plan::HEAD);
        let config = config.converted(self, has_head);
        files::write_json(&output.path().join(config::NAME), &config).map_err(write)?;
        files::copy_others(from, output.path()).map_err(write)?;
        output.finish().map_err(write)
    }
}

fn write_weights(
    steps: &[Step],
    weights: &SafetensorsFolder,
    folder: &Path,
    mut progress: impl FnMut(FolderProgress<'_>),
) -> Result<(), ConvertFault> {
    let specs: Vec<_> = steps.iter().flat_map(Step::specs).collect();
    let metadata = [("format".to_owned(), "mlx".to_owned())].into();
    let mut writer = SafetensorsFolderWriter::create(folder, &specs, &metadata, MAX_SHARD_BYTES)?;
    let total = steps.iter().map(|step| step.bytes).sum();
    let mut read = 0;
    for step in steps {
        for (name, tensor) in convert(step, weights)? {
            writer.write(&name, &tensor.data)?;
        }
        read += step.bytes;
        progress(FolderProgress {
            weight: &step.name,
            read,
            total,
        });
    }
    Ok(writer.finish()?)
}

/// The tensors that a step writes, by name.
fn convert(
    step: &Step,
    weights: &SafetensorsFolder,
) -> Result<Vec<(String, Tensor)>, ConvertFault> {
    let overflow = |_| ConvertFault::Overflow {
        tensor: step.source.clone(),
        dtype: step.dtype,
    };
    let quantize = |source| ConvertFault::Quantize {
        tensor: step.source.clone(),
        source,
    };
    let read = |name: &str| weights.read(name);
    let cast = |tensor| cast(tensor, step.dtype).map_err(overflow);
    let tensor = read(&step.source)?;
    Ok(match step.action {
        Action::Cast => vec![(step.name.clone(), cast(tensor)?)],
        Action::Quantize(to) => {
            let quantized = to.quantize(&cast(tensor)?).map_err(quantize)?;
            vec![
                (step.name.clone(), quantized.weight),
                (plan::scales(&step.name), quantized.scales),
                (plan::biases(&step.name), quantized.biases),
            ]
        }
        Action::Dequantize(from) => {
            let quantized = QuantizedTensor {
                weight: tensor,
                scales: cast(read(&plan::scales(&step.source))?)?,
                biases: cast(read(&plan::biases(&step.source))?)?,
            };
            let restored = from.dequantize(&quantized).map_err(quantize)?;
            vec![(step.name.clone(), restored)]
        }
    })
}
