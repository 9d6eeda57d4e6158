//! MLX's affine quantisation, number for number as MLX computes it.

use half::{bf16, f16};

use crate::safetensors::byte_len;
use crate::{Dtype, Tensor};

mod float;
mod group;

pub(crate) use float::Float;

/// How finely a weight is quantised: bits of each number, and how many numbers along a row share a
/// scale and a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quantization {
    bits: u32,
    group_size: usize,
}

/// A quantised weight: the number `q` of a group stands for `scale · q + bias`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuantizedTensor {
    /// The numbers of each row, from the lowest bits of its first word up, without gaps:
    /// `U32`, `[…, columns · bits / 32]`.
    pub weight: Tensor,
    /// `[…, columns / group_size]`, of the type that the weight had.
    pub scales: Tensor,
    /// As the scales.
    pub biases: Tensor,
}

/// Why a weight cannot be quantised or restored; the messages do not name the weight.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuantizeError {
    /// MLX has no such quantisation.
    #[error("{bits} bits in groups of {group_size}: MLX has 2, 3, 4, 6 or 8 in 32, 64 or 128")]
    NoSuch {
        /// Bits of each number.
        bits: u32,
        /// Numbers that share a scale.
        group_size: usize,
    },
    /// The elements are not floating-point numbers, or not the words or scales of a quantised
    /// weight.
    #[error("elements of the type {dtype} do not belong here")]
    Dtype {
        /// Their type.
        dtype: Dtype,
    },
    /// The rows do not consist of whole groups, or parts of a quantised weight do not fit together.
    #[error("the shape {shape:?} does not fit groups of {group_size}")]
    Shape {
        /// Sizes of the dimensions.
        shape: Vec<usize>,
        /// Numbers that share a scale.
        group_size: usize,
    },
    /// The weight has an infinite number, one that is none, or a range that its type cannot span.
    #[error("group {group} has numbers that are not finite or too far apart")]
    NotFinite {
        /// Which group, counted from the first row on.
        group: usize,
    },
}

/// The most numbers in a group.
const MAX_GROUP: usize = 128;

/// Packed words, scales and biases.
type Parts = [Vec<u8>; 3];

impl Quantization {
    /// # Errors
    /// MLX has 2, 3, 4, 6 and 8 bits, in groups of 32, 64 and 128.
    pub fn new(bits: u32, group_size: usize) -> Result<Self, QuantizeError> {
        match (bits, group_size) {
            (2 | 3 | 4 | 6 | 8, 32 | 64 | MAX_GROUP) => Ok(Self { bits, group_size }),
            _ => Err(QuantizeError::NoSuch { bits, group_size }),
        }
    }

    /// Bits of each number.
    pub fn bits(self) -> u32 {
        self.bits
    }

    /// Numbers that share a scale and a bias.
    pub fn group_size(self) -> usize {
        self.group_size
    }

    /// Whether a weight of this shape can be quantised: it has at least two dimensions, and rows of
    /// whole groups.
    pub fn fits(self, shape: &[usize]) -> bool {
        shape.len() >= 2 && shape[shape.len() - 1].is_multiple_of(self.group_size)
    }

    /// 32-bit words of a row of so many numbers.
    pub fn words(self, columns: usize) -> usize {
        columns / 32 * self.bits as usize
    }

    /// Quantises a weight of `F32`, `F16` or `BF16`, exactly as `mx.quantize` on a CPU.
    ///
    /// Zero and the number of a group that is furthest from it are kept, except for rounding.
    ///
    /// # Errors
    /// The rows are not of whole groups, or a number is not finite.
    pub fn quantize(self, weight: &Tensor) -> Result<QuantizedTensor, QuantizeError> {
        if !self.fits(&weight.shape) || !is_whole(weight) {
            return Err(self.misfit(&weight.shape));
        }
        let [words, scales, biases] = match weight.dtype {
            Dtype::F32 => self.quantize_all::<f32>(&weight.data),
            Dtype::F16 => self.quantize_all::<f16>(&weight.data),
            Dtype::Bf16 => self.quantize_all::<bf16>(&weight.data),
            dtype => Err(QuantizeError::Dtype { dtype }),
        }?;
        let columns = weight.shape[weight.shape.len() - 1];
        let part = |dtype, columns, data| Tensor {
            dtype,
            shape: with_columns(&weight.shape, columns),
            data,
        };
        let groups = columns / self.group_size;
        Ok(QuantizedTensor {
            weight: part(Dtype::U32, self.words(columns), words),
            scales: part(weight.dtype, groups, scales),
            biases: part(weight.dtype, groups, biases),
        })
    }

    /// The numbers that a quantised weight stands for, of the type of its scales, exactly as
    /// `mx.dequantize` gives them.
    ///
    /// # Errors
    /// The parts do not fit together.
    pub fn dequantize(self, quantized: &QuantizedTensor) -> Result<Tensor, QuantizeError> {
        let QuantizedTensor {
            weight,
            scales,
            biases,
        } = quantized;
        let groups = scales.shape.last().copied().unwrap_or(0);
        let columns = groups.checked_mul(self.group_size);
        let columns = columns.ok_or_else(|| self.misfit(&scales.shape))?;
        if weight.dtype != Dtype::U32 || biases.dtype != scales.dtype {
            let dtype = if weight.dtype == Dtype::U32 {
                biases.dtype
            } else {
                weight.dtype
            };
            return Err(QuantizeError::Dtype { dtype });
        }
        let fits = weight.shape == with_columns(&scales.shape, self.words(columns));
        if !fits
            || biases.shape != scales.shape
            || ![weight, scales, biases].into_iter().all(is_whole)
        {
            return Err(self.misfit(&weight.shape));
        }
        let data = match scales.dtype {
            Dtype::F32 => self.dequantize_all::<f32>(quantized),
            Dtype::F16 => self.dequantize_all::<f16>(quantized),
            Dtype::Bf16 => self.dequantize_all::<bf16>(quantized),
            dtype => return Err(QuantizeError::Dtype { dtype }),
        };
        Ok(Tensor {
            dtype: scales.dtype,
            shape: with_columns(&scales.shape, columns),
            data,
        })
    }

    fn quantize_all<T: Float>(self, data: &[u8]) -> Result<Parts, QuantizeError> {
        let bytes = self.group_size * T::SIZE;
        let groups = data.len() / bytes;
        let mut words = Vec::with_capacity(groups * self.packed());
        let mut scales = Vec::with_capacity(groups * T::SIZE);
        let mut biases = Vec::with_capacity(groups * T::SIZE);
        let mut numbers = [0.0; MAX_GROUP];
        let numbers = &mut numbers[..self.group_size];
        for (group, bytes) in data.chunks_exact(bytes).enumerate() {
            T::decode(bytes, numbers);
            let affine = group::affine(numbers, self.bits);
            let affine = affine.filter(|(scale, bias)| scale.abs().max(bias.abs()) < T::LIMIT);
            let (scale, bias) = affine.ok_or(QuantizeError::NotFinite { group })?;
            group::pack(numbers, (scale, bias), self.bits, &mut words);
            T::encode(&[scale], &mut scales);
            T::encode(&[bias], &mut biases);
        }
        Ok([words, scales, biases])
    }

    fn dequantize_all<T: Float>(self, quantized: &QuantizedTensor) -> Vec<u8> {
        let groups = quantized.scales.data.len() / T::SIZE;
        let mut data = Vec::with_capacity(groups * self.group_size * T::SIZE);
        let words = quantized.weight.data.chunks_exact(self.packed());
        let scales = quantized.scales.data.chunks_exact(T::SIZE);
        let biases = quantized.biases.data.chunks_exact(T::SIZE);
        let mut numbers = [0.0; MAX_GROUP];
        let numbers = &mut numbers[..self.group_size];
        for ((words, scale), bias) in words.zip(scales).zip(biases) {
            group::unpack(words, self.bits, numbers);
            let mut affine = [0.0; 2];
            T::decode(scale, &mut affine[..1]);
            T::decode(bias, &mut affine[1..]);
            let [scale, bias] = affine;
            for number in &mut *numbers {
                *number = T::rounded(*number * scale) + bias;
            }
            T::encode(numbers, &mut data);
        }
        data
    }

    /// Bytes of a group's numbers.
    fn packed(self) -> usize {
        self.group_size / 8 * self.bits as usize
    }

    fn misfit(self, shape: &[usize]) -> QuantizeError {
        QuantizeError::Shape {
            shape: shape.to_vec(),
            group_size: self.group_size,
        }
    }
}

/// Four bits in groups of 64, as mlx-lm has it where nothing is said.
impl Default for Quantization {
    fn default() -> Self {
        Self {
            bits: 4,
            group_size: 64,
        }
    }
}

/// Whether a tensor has as many bytes as its shape says.
fn is_whole(tensor: &Tensor) -> bool {
    let len = byte_len(tensor.dtype, &tensor.shape);
    len == Some(tensor.data.len())
}

/// The shape with another size of the innermost dimension.
fn with_columns(shape: &[usize], columns: usize) -> Vec<usize> {
    let (_, outer) = shape.split_last().unwrap_or((&0, &[]));
    [outer, &[columns]].concat()
}
