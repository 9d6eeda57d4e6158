//! A tensor in memory.

use crate::Dtype;

/// A tensor in memory: row by row, little-endian, without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Type of the elements.
    pub dtype: Dtype,
    /// Sizes of the dimensions, outermost first.
    pub shape: Vec<usize>,
    /// The elements: the product of `shape`, each of [`Dtype::size`] bytes.
    pub data: Vec<u8>,
}
