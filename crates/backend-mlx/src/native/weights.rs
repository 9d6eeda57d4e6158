//! From tensors in files to arrays: checked first, then read one by one.

use std::collections::HashMap;

use mlx_rs::error::Exception;
use mlx_rs::{Array, Dtype as MlxDtype};
use model_formats::{Dtype, Tensor};

use super::device::Device;
use super::load_error::LoadError;
use super::network::{Affine, Matrix, size};
use super::quantization::{Quantization, Setting};
use super::source::Source;

/// One thing that a network is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A matrix of `[outputs, inputs]`, quantised or not: `NAME.weight`, and so on.
    Matrix {
        module: String,
        outputs: usize,
        inputs: usize,
    },
    /// A vector: a norm or a bias.
    Vector { tensor: String, length: usize },
}

impl Expected {
    pub(crate) fn matrix(module: impl Into<String>, outputs: usize, inputs: usize) -> Self {
        Self::Matrix {
            module: module.into(),
            outputs,
            inputs,
        }
    }

    pub(crate) fn vector(tensor: impl Into<String>, length: usize) -> Self {
        Self::Vector {
            tensor: tensor.into(),
            length,
        }
    }
}

/// Names of tensors that are there, but that no network needs.
const UNUSED: &str = "rotary_emb.inv_freq";

/// Everything that a network is made of, read.
#[derive(Debug, Default)]
pub(crate) struct Weights {
    matrices: HashMap<String, Matrix>,
    vectors: HashMap<String, Array>,
}

/// How weights are brought into memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) source: &'a Source,
    pub(crate) quantization: &'a Quantization<'a>,
    pub(crate) device: &'a Device,
}

impl Reading<'_> {
    /// Checks names, shapes and types of all that is expected, and that under `prefix` there is
    /// nothing else.
    pub(crate) fn check(&self, expected: &[Expected], prefix: &str) -> Result<(), LoadError> {
        let mut known = std::collections::HashSet::new();
        for one in expected {
            match one {
                Expected::Vector { tensor, length } => {
                    self.float(tensor, &[*length])?;
                    known.insert(tensor.clone());
                }
                Expected::Matrix {
                    module,
                    outputs,
                    inputs,
                } => {
                    self.check_matrix(module, *outputs, *inputs)?;
                    let parts = ["weight", "scales", "biases"];
                    known.extend(parts.map(|part| format!("{module}.{part}")));
                }
            }
        }
        let mut names = self.source.names();
        let stranger = names.find(|name| {
            name.starts_with(prefix) && !known.contains(*name) && !name.ends_with(UNUSED)
        });
        match stranger {
            Some(name) => Err(LoadError::UnknownTensor {
                name: name.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Reads all that is expected, after [`check`](Self::check). `between` is told how much is
    /// done of how much, and may end it.
    pub(crate) fn read(
        &self,
        expected: &[Expected],
        between: &mut dyn FnMut(usize, usize) -> Result<(), LoadError>,
    ) -> Result<Weights, LoadError> {
        let mut weights = Weights::default();
        for (done, one) in expected.iter().enumerate() {
            between(done, expected.len())?;
            match one {
                Expected::Vector { tensor, .. } => {
                    let vector = self.vector(&self.source.read_one(tensor)?)?;
                    weights.vectors.insert(tensor.clone(), vector);
                }
                Expected::Matrix { module, .. } => {
                    let matrix = self.matrix(module)?;
                    weights.matrices.insert(module.clone(), matrix);
                }
            }
        }
        between(expected.len(), expected.len())?;
        Ok(weights)
    }

    fn check_matrix(&self, module: &str, outputs: usize, inputs: usize) -> Result<(), LoadError> {
        let name = |part: &str| format!("{module}.{part}");
        let Some(Setting { bits, group }) = self.setting(module)? else {
            return self.float(&name("weight"), &[outputs, inputs]);
        };
        if !inputs.is_multiple_of(group) || !(inputs * bits).is_multiple_of(32) {
            let problem = format!("is {group}, which does not divide the {inputs} of {module}");
            return Err(LoadError::config("quantization.group_size", problem));
        }
        self.float(&name("scales"), &[outputs, inputs / group])?;
        self.float(&name("biases"), &[outputs, inputs / group])?;
        let words = self.shaped(&name("weight"), &[outputs, inputs * bits / 32])?;
        is_of_type(&name("weight"), words, words == Dtype::U32, "U32")
    }

    /// A matrix is quantised if it has scales.
    fn setting(&self, module: &str) -> Result<Option<Setting>, LoadError> {
        if self.source.describe(&format!("{module}.scales")).is_none() {
            return Ok(None);
        }
        match self.quantization.of(module)? {
            Some(setting) => Ok(Some(setting)),
            None => Err(LoadError::config(
                "quantization",
                format!("is missing, but {module} is quantised"),
            )),
        }
    }

    fn float(&self, name: &str, shape: &[usize]) -> Result<(), LoadError> {
        let dtype = self.shaped(name, shape)?;
        is_of_type(name, dtype, dtype.is_float(), "F16, BF16 or F32")
    }

    fn shaped(&self, name: &str, shape: &[usize]) -> Result<Dtype, LoadError> {
        let Some(found) = self.source.describe(name) else {
            return Err(LoadError::MissingTensor {
                name: name.to_owned(),
            });
        };
        if found.shape != shape {
            return Err(LoadError::Shape {
                name: name.to_owned(),
                found: found.shape.clone(),
                expected: shape.to_vec(),
            });
        }
        Ok(found.dtype)
    }

    fn matrix(&self, module: &str) -> Result<Matrix, LoadError> {
        let setting = self.setting(module)?;
        let mut parts = self.source.read(module)?;
        let mut part = |part: &str| {
            let name = format!("{module}.{part}");
            parts.remove(&name).ok_or(LoadError::MissingTensor { name })
        };
        let weight = array(&part("weight")?)?;
        let Some(Setting { bits, group }) = setting else {
            return Ok(Matrix::Dense(weight));
        };
        let whole = Affine {
            words: weight,
            scales: self.vector(&part("scales")?)?,
            biases: self.vector(&part("biases")?)?,
            group: size(group),
            bits: size(bits),
        };
        Ok(Matrix::quantized(whole, self.device)?)
    }

    /// Scales, biases and norms: in single precision on the CPU, where half precision is computed
    /// a hundred times slower.
    fn vector(&self, tensor: &Tensor) -> Result<Array, LoadError> {
        let array = array(tensor)?;
        if matches!(self.device, Device::Metal) || array.dtype() == MlxDtype::Float32 {
            return Ok(array);
        }
        let array = array.as_dtype(MlxDtype::Float32)?;
        array.eval()?;
        Ok(array)
    }
}

impl Weights {
    /// Takes a matrix that was expected.
    pub(crate) fn matrix(&mut self, module: &str) -> Matrix {
        let matrix = self.matrices.remove(module);
        matrix.expect("what is taken was expected, and read")
    }

    /// Takes a vector that was expected.
    pub(crate) fn vector(&mut self, tensor: &str) -> Array {
        let vector = self.vectors.remove(tensor);
        vector.expect("what is taken was expected, and read")
    }
}

fn is_of_type(
    name: &str,
    found: Dtype,
    right: bool,
    expected: &'static str,
) -> Result<(), LoadError> {
    if right {
        return Ok(());
    }
    Err(LoadError::Type {
        name: name.to_owned(),
        found: found.to_string(),
        expected,
    })
}

/// Copies a tensor to where MLX computes.
///
/// # Errors
/// Its type is none that weights have, or it is larger than MLX can address.
pub(crate) fn array(tensor: &Tensor) -> Result<Array, Exception> {
    let Tensor { dtype, shape, data } = tensor;
    let mlx_dtype = match dtype {
        Dtype::U32 => MlxDtype::Uint32,
        Dtype::F16 => MlxDtype::Float16,
        Dtype::Bf16 => MlxDtype::Bfloat16,
        Dtype::F32 => MlxDtype::Float32,
        other => return Err(Exception::custom(format!("weights of the type {other}"))),
    };
    let too_large = |_| Exception::custom(format!("a tensor of the shape {shape:?}"));
    let mut bytes = shape.clone();
    if let Some(innermost) = bytes.last_mut() {
        *innermost = innermost.saturating_mul(dtype.size());
    }
    let bytes: Vec<i32> = bytes
        .into_iter()
        .map(i32::try_from)
        .collect::<Result<_, _>>()
        .map_err(too_large)?;
    let array = Array::from_slice(data, &bytes).view_dtype(mlx_dtype)?;
    array.eval()?;
    Ok(array)
}
