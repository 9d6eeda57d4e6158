//! A matrix of weights, plain or quantised.

use mlx_rs::error::Result;
use mlx_rs::ops::indexing::{TryIndexOp as _, take_axis};
use mlx_rs::ops::{self, concatenate};
use mlx_rs::{Array, Dtype};

use crate::native::device::Device;

/// A matrix of weights: `[outputs, inputs]`.
#[derive(Debug)]
pub(crate) enum Matrix {
    /// One number for each weight.
    Dense(Array),
    /// MLX's affine quantisation: groups of a row share a scale and a bias.
    Affine(Affine),
}

/// A quantised matrix: a weight is `scale · q + bias`.
#[derive(Debug)]
pub(crate) struct Affine {
    /// `[outputs, inputs · bits / 32]`, packed from the lowest bits up.
    pub(crate) words: Array,
    /// `[outputs, inputs / group]`.
    pub(crate) scales: Array,
    /// `[outputs, inputs / group]`.
    pub(crate) biases: Array,
    pub(crate) group: i32,
    pub(crate) bits: i32,
}

/// Most weights that are written out at a time: 2 MiB of single precision, which stay in the
/// processor's cache until they are multiplied.
const EXPANDED_WEIGHTS: i32 = 512 * 1024;

impl Matrix {
    /// `x · Wᵀ`: `[rows, inputs]` to `[rows, outputs]`.
    pub(crate) fn product(&self, x: &Array, device: Device) -> Result<Array> {
        match self {
            Self::Dense(weights) if device == Device::Cpu && weights.dtype() != Dtype::Float32 => {
                self.product_expanded(x)
            }
            Self::Dense(weights) => ops::matmul(x, weights.t()),
            Self::Affine(a) if device == Device::Cpu && x.dim(0) >= a.worth_expanding() => {
                self.product_expanded(x)
            }
            Self::Affine(a) => {
                ops::quantized_matmul(x, &a.words, &a.scales, &a.biases, true, a.group, a.bits)
            }
        }
    }

    /// The rows of these indices, `[n]` to `[n, inputs]`.
    pub(crate) fn rows(&self, indices: &Array) -> Result<Array> {
        match self {
            Self::Dense(weights) => take_axis(weights, indices, 0),
            Self::Affine(a) => Affine {
                words: take_axis(&a.words, indices, 0)?,
                scales: take_axis(&a.scales, indices, 0)?,
                biases: take_axis(&a.biases, indices, 0)?,
                ..*a
            }
            .expand(),
        }
    }

    fn outputs(&self) -> i32 {
        match self {
            Self::Dense(weights) => weights.dim(0),
            Self::Affine(a) => a.words.dim(0),
        }
    }

    fn inputs(&self) -> i32 {
        match self {
            Self::Dense(weights) => weights.dim(1),
            Self::Affine(a) => a.scales.dim(1) * a.group,
        }
    }

    /// The product by BLAS, with the weights in single precision, some rows of them at a time.
    fn product_expanded(&self, x: &Array) -> Result<Array> {
        let outputs = self.outputs();
        let step = (EXPANDED_WEIGHTS / self.inputs()).max(1);
        if step >= outputs {
            return ops::matmul(x, self.expand(0..outputs)?.t());
        }
        let mut parts = Vec::new();
        let mut start = 0;
        while start < outputs {
            let end = (start + step).min(outputs);
            parts.push(ops::matmul(x, self.expand(start..end)?.t())?);
            start = end;
        }
        concatenate(&parts, -1)
    }

    /// Some rows in single precision.
    fn expand(&self, rows: std::ops::Range<i32>) -> Result<Array> {
        let all = rows == (0..self.outputs());
        let part = |array: &Array| {
            if all {
                Ok(array.clone())
            } else {
                array.try_index(rows.clone())
            }
        };
        match self {
            Self::Dense(weights) => part(weights)?.as_dtype(Dtype::Float32),
            Self::Affine(a) => Affine {
                words: part(&a.words)?,
                scales: part(&a.scales)?,
                biases: part(&a.biases)?,
                ..*a
            }
            .expand(),
        }
    }
}

impl Affine {
    /// On the CPU, from this many rows on a product costs more than writing the weights out once
    /// and handing them to BLAS. MLX needs the time of so many products of one row for it: one and
    /// a half where words hold whole weights of 4 or 8 bits, ten where weights lie across words.
    const fn worth_expanding(&self) -> i32 {
        match self.bits {
            4 | 8 => 2,
            2 => 3,
            _ => 10,
        }
    }

    fn expand(&self) -> Result<Array> {
        ops::dequantize(
            &self.words,
            &self.scales,
            &self.biases,
            self.group,
            self.bits,
        )
    }
}
