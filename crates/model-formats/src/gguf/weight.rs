//! A weight of a model: what it is before it is read, and how its bytes become tensors.

use super::architecture::{Norms, Rows};
use super::precision::{Overflow, encode};
use super::{GgmlType, GgufFault, GgufFile, GgufTensor, Precision, affine, dequantize};
use crate::{Dtype, Quantization, Tensor, TensorSpec};

/// Numbers that are dequantised at once: whole blocks of every type.
const PART: usize = 256;

/// A weight of a model, not read yet.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GgufWeight {
    /// The name in Hugging Face's form, such as `model.layers.0.mlp.up_proj.weight`.
    pub name: String,
    /// Sizes of the dimensions as if nothing were quantised, outermost first.
    pub shape: Vec<usize>,
    /// How the numbers are quantised in MLX's form, where they are.
    pub quantization: Option<Quantization>,
    /// The type of the numbers, or of the scales and biases where they are quantised.
    pub dtype: Dtype,
    /// Bytes in the file.
    pub stored: u64,
    source: Source,
}

/// Where a weight comes from.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The tensor in the file.
    pub(super) tensor: String,
    /// The order of its rows, with the number of heads.
    pub(super) rows: Rows,
    pub(super) heads: usize,
    pub(super) stored: Norms,
    /// 1 for norms and biases, 2 for all others.
    pub(super) dimensions: usize,
}

impl GgufWeight {
    pub(super) fn new(
        name: String,
        tensor: &GgufTensor,
        source: Source,
        precision: Precision,
    ) -> Result<Self, GgufFault> {
        let kind = tensor.kind;
        let supported = dequantize::dequantize(kind, &[], &mut []);
        if supported.is_none() {
            return Err(GgufFault::UnsupportedType {
                tensor: source.tensor,
                kind,
            });
        }
        check_shape(tensor, &source)?;
        let quantization = affine::quantization(kind).filter(|_| source.dimensions == 2);
        Ok(Self {
            name,
            shape: tensor.shape.clone(),
            quantization,
            dtype: precision.dtype(kind),
            stored: tensor.len as u64,
            source,
        })
    }

    /// The tensors that the weight consists of: itself, or `X.weight` as packed words with
    /// `X.scales` and `X.biases`.
    pub fn parts(&self) -> Vec<TensorSpec> {
        let Some(quantization) = self.quantization else {
            return vec![TensorSpec::new(&self.name, self.dtype, &*self.shape)];
        };
        let [rows, columns] = [self.shape[0], self.shape[1]];
        let groups = columns / quantization.group_size();
        let words = quantization.words(columns);
        let [scales, biases] = self.companions();
        vec![
            TensorSpec::new(&self.name, Dtype::U32, [rows, words]),
            TensorSpec::new(scales, self.dtype, [rows, groups]),
            TensorSpec::new(biases, self.dtype, [rows, groups]),
        ]
    }

    /// The module that the weight belongs to.
    pub(super) fn module(&self) -> &str {
        self.name.strip_suffix(".weight").unwrap_or(&self.name)
    }

    fn companions(&self) -> [String; 2] {
        ["scales", "biases"].map(|part| format!("{}.{part}", self.module()))
    }

    /// Reads the weight: the tensors of [`parts`](Self::parts), in their order.
    pub(super) fn read(&self, file: &GgufFile) -> Result<Vec<Tensor>, GgufFault> {
        let kind = file.tensor(&self.source.tensor)?.kind;
        let stored = self
            .source
            .order(file.try_read(&self.source.tensor)?, &self.shape);
        let data = match self.quantization {
            None => vec![self.dense(kind, stored)?],
            Some(_) => self.affine(kind, &stored)?,
        };
        let parts = self.parts().into_iter().zip(data);
        let tensors = parts.map(|(spec, data)| Tensor {
            dtype: spec.dtype,
            shape: spec.shape,
            data,
        });
        Ok(tensors.collect())
    }

    fn affine(&self, kind: GgmlType, stored: &[u8]) -> Result<Vec<Vec<u8>>, GgufFault> {
        let affine = affine::affine(kind, stored).ok_or_else(|| GgufFault::UnsupportedType {
            tensor: self.source.tensor.clone(),
            kind,
        })?;
        let numbers = |numbers: &[f32]| {
            let mut data = Vec::new();
            encode(numbers, self.dtype, &mut data).map_err(|Overflow| self.overflow())?;
            Ok::<_, GgufFault>(data)
        };
        let (scales, biases) = (numbers(&affine.scales)?, numbers(&affine.biases)?);
        Ok(vec![affine.words, scales, biases])
    }

    fn dense(&self, kind: GgmlType, stored: Vec<u8>) -> Result<Vec<u8>, GgufFault> {
        let plain = Precision::AsStored.dtype(kind) == self.dtype && kind.block_len() == 1;
        if plain && self.source.stored == Norms::Weights {
            return Ok(stored);
        }
        let count = stored.len() / kind.block_bytes() * kind.block_len();
        let mut data = self.allocate(count * self.dtype.size())?;
        let mut numbers = [0.0; PART];
        let part_bytes = PART / kind.block_len() * kind.block_bytes();
        for blocks in stored.chunks(part_bytes) {
            let numbers = &mut numbers[..blocks.len() / kind.block_bytes() * kind.block_len()];
            dequantize::dequantize(kind, blocks, numbers).ok_or_else(|| {
                GgufFault::UnsupportedType {
                    tensor: self.source.tensor.clone(),
                    kind,
                }
            })?;
            if self.source.stored == Norms::WeightsPlusOne {
                for number in &mut *numbers {
                    *number -= 1.0;
                }
            }
            encode(numbers, self.dtype, &mut data).map_err(|Overflow| self.overflow())?;
        }
        Ok(data)
    }

    fn allocate(&self, bytes: usize) -> Result<Vec<u8>, GgufFault> {
        let mut data = Vec::new();
        data.try_reserve_exact(bytes)
            .map_err(|_| GgufFault::OutOfMemory {
                tensor: self.source.tensor.clone(),
                bytes,
            })?;
        Ok(data)
    }

    fn overflow(&self) -> GgufFault {
        GgufFault::Overflow {
            tensor: self.source.tensor.clone(),
            dtype: self.dtype,
        }
    }
}

impl Source {
    /// Brings the rows into Hugging Face's order.
    ///
    /// Within a head, llama.cpp stores `[half a head][2]` where Hugging Face stores
    /// `[2][half a head]`.
    fn order(&self, stored: Vec<u8>, shape: &[usize]) -> Vec<u8> {
        if self.rows == Rows::AsTheyAre || stored.is_empty() {
            return stored;
        }
        let row = stored.len() / shape[0];
        let head = shape[0] / self.heads;
        let mut ordered = Vec::with_capacity(stored.len());
        for rows in stored.chunks_exact(row * head) {
            for first in 0..2 {
                let pairs = rows.chunks_exact(row).skip(first).step_by(2);
                pairs.for_each(|row| ordered.extend_from_slice(row));
            }
        }
        ordered
    }
}

/// Whether the tensor has the dimensions that it should have, and rows that can be put in order.
fn check_shape(tensor: &GgufTensor, source: &Source) -> Result<(), GgufFault> {
    let wrong = |expected: String| GgufFault::UnexpectedShape {
        tensor: source.tensor.clone(),
        shape: tensor.shape.clone(),
        expected,
    };
    if tensor.shape.len() != source.dimensions {
        return Err(wrong(format!("one of {} dimensions", source.dimensions)));
    }
    let rows = tensor.shape[0];
    let whole = rows > 0 && rows.is_multiple_of(source.heads.saturating_mul(2));
    if source.rows == Rows::Interleaved && !whole {
        return Err(wrong(format!("{} heads of an even size", source.heads)));
    }
    Ok(())
}
