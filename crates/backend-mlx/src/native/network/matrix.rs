//! A matrix of weights, plain or quantised.

use std::ops::Range;

use mlx_rs::error::Result;
use mlx_rs::ops::indexing::{TryIndexOp as _, take_axis};
use mlx_rs::ops::{self, concatenate};
use mlx_rs::transforms::eval;
use mlx_rs::{Array, Dtype};

use super::rope::size;
use crate::native::device::Device;

/// A matrix of weights: `[outputs, inputs]`.
#[derive(Debug)]
pub(crate) enum Matrix {
    /// One number for each weight.
    Dense(Array),
    /// MLX's affine quantisation: groups of a row share a scale and a bias.
    Affine {
        whole: Affine,
        /// Its rows in parts, one for each lane of the processor; they share the memory of the
        /// whole. Empty where it is not worth it.
        parts: Box<[Affine]>,
    },
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

/// Fewest weights in a part: two smaller ones take longer on two cores than both on one, as
/// measured with 4 bits.
const PART_WEIGHTS: usize = 96 * 1024;

impl Matrix {
    /// A quantised matrix, for products on this device.
    pub(crate) fn quantized(whole: Affine, device: &Device) -> Result<Self> {
        let weights = whole.words.size() * 32 / whole.bits.unsigned_abs() as usize;
        let most = weights / PART_WEIGHTS;
        let parts = match device {
            Device::Cpu(lanes) if lanes.count().min(most) > 1 => {
                whole.cut(lanes.count().min(most))?
            }
            _ => Box::default(),
        };
        Ok(Self::Affine { whole, parts })
    }

    /// `x · Wᵀ`: `[rows, inputs]` to `[rows, outputs]`.
    pub(crate) fn product(&self, x: &Array, device: &Device) -> Result<Array> {
        match (self, device) {
            (Self::Dense(weights), Device::Cpu(_)) if weights.dtype() != Dtype::Float32 => {
                self.product_expanded(x)
            }
            (Self::Dense(weights), _) => ops::matmul(x, weights.t()),
            (Self::Affine { whole, .. }, Device::Cpu(_)) if x.dim(0) >= whole.worth_expanding() => {
                self.product_expanded(x)
            }
            (Self::Affine { parts, .. }, Device::Cpu(lanes)) if !parts.is_empty() => {
                concatenate(&lanes.map(parts, |part| part.product(x))?, -1)
            }
            (Self::Affine { whole, .. }, _) => whole.product(x),
        }
    }

    /// The rows of these indices, `[n]` to `[n, inputs]`.
    pub(crate) fn rows(&self, indices: &Array) -> Result<Array> {
        match self {
            Self::Dense(weights) => take_axis(weights, indices, 0),
            Self::Affine { whole, .. } => {
                whole.each(|array| take_axis(array, indices, 0))?.expand()
            }
        }
    }

    fn outputs(&self) -> i32 {
        match self {
            Self::Dense(weights) => weights.dim(0),
            Self::Affine { whole, .. } => whole.outputs(),
        }
    }

    fn inputs(&self) -> i32 {
        match self {
            Self::Dense(weights) => weights.dim(1),
            Self::Affine { whole, .. } => whole.inputs(),
        }
    }

    /// The product by BLAS, with the weights in single precision, some rows of them at a time.
    fn product_expanded(&self, x: &Array) -> Result<Array> {
        let outputs = self.outputs();
        let step = (EXPANDED_WEIGHTS / self.inputs()).max(1);
        let parts = ranges(outputs, step).map(|rows| ops::matmul(x, self.expand(rows)?.t()));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        match <[Array; 1]>::try_from(parts) {
            Ok([only]) => Ok(only),
            Err(parts) => concatenate(&parts, -1),
        }
    }

    /// Some rows in single precision.
    fn expand(&self, rows: Range<i32>) -> Result<Array> {
        match self {
            Self::Dense(weights) => part(weights, rows)?.as_dtype(Dtype::Float32),
            Self::Affine { whole, .. } => whole.each(|array| part(array, rows.clone()))?.expand(),
        }
    }
}

/// Some rows of an array.
fn part(array: &Array, rows: Range<i32>) -> Result<Array> {
    if rows == (0..array.dim(0)) {
        return Ok(array.clone());
    }
    array.try_index(rows)
}

/// The largest of so many parts of rows.
fn share(rows: i32, parts: usize) -> i32 {
    let parts = size(parts);
    (rows + parts - 1) / parts
}

/// `0..all` in steps.
fn ranges(all: i32, step: i32) -> impl Iterator<Item = Range<i32>> {
    let starts = (0..all).step_by(step.unsigned_abs() as usize);
    starts.map(move |start| start..(start + step).min(all))
}

impl Affine {
    fn outputs(&self) -> i32 {
        self.words.dim(0)
    }

    fn inputs(&self) -> i32 {
        self.scales.dim(1) * self.group
    }

    /// The same of all three arrays.
    fn each(&self, change: impl Fn(&Array) -> Result<Array>) -> Result<Self> {
        Ok(Self {
            words: change(&self.words)?,
            scales: change(&self.scales)?,
            biases: change(&self.biases)?,
            ..*self
        })
    }

    /// Its rows in so many parts.
    fn cut(&self, parts: usize) -> Result<Box<[Self]>> {
        let cut = |rows: Range<i32>| self.each(|array| part(array, rows.clone()));
        let rows = ranges(self.outputs(), share(self.outputs(), parts));
        let parts = rows.map(cut).collect::<Result<Box<[_]>>>()?;
        eval(
            parts
                .iter()
                .flat_map(|part| [&part.words, &part.scales, &part.biases]),
        )?;
        Ok(parts)
    }

    fn product(&self, x: &Array) -> Result<Array> {
        let Self {
            words,
            scales,
            biases,
            group,
            bits,
        } = self;
        ops::quantized_matmul(x, words, scales, biases, true, *group, *bits)
    }

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
