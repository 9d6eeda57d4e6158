//! Which rows of a pass belong to which sequence.

use mlx_rs::Array;
use mlx_rs::error::Result;
use mlx_rs::ops::{concatenate, split_at_indices};

use super::rope::size;

/// The rows of a pass: those of each sequence, one sequence after the other.
#[derive(Debug)]
pub(super) struct Rows {
    /// How many rows each sequence has.
    lengths: Vec<i32>,
    /// Where the sequences after the first begin.
    cuts: Vec<i32>,
}

impl Rows {
    pub(super) fn new(lengths: impl Iterator<Item = usize>) -> Self {
        let lengths: Vec<i32> = lengths.map(size).collect();
        let ends = lengths.iter().scan(0, |end, length| {
            *end += length;
            Some(*end)
        });
        Self {
            cuts: ends.take(lengths.len().saturating_sub(1)).collect(),
            lengths,
        }
    }

    /// Whether each sequence has one row, as when all are being generated.
    pub(super) fn are_single(&self) -> bool {
        self.lengths.iter().all(|length| *length == 1)
    }

    /// Takes an array apart along its first axis.
    pub(super) fn cut(&self, array: &Array) -> Result<Vec<Array>> {
        match self.cuts[..] {
            [] => Ok(vec![array.clone()]),
            _ => split_at_indices(array, &self.cuts, 0),
        }
    }

    /// `[rows, heads, head_dim]` to `[1, heads, tokens, head_dim]` of each sequence.
    pub(super) fn split(&self, array: &Array) -> Result<Vec<Array>> {
        if self.are_single() {
            return self.cut(&array.expand_dims(2)?);
        }
        let parts = self.cut(array)?.into_iter();
        parts
            .map(|part| part.transpose_axes(&[1, 0, 2])?.expand_dims(0))
            .collect()
    }

    /// `[1, heads, tokens, head_dim]` of each sequence to `[rows, heads · head_dim]`.
    pub(super) fn join(&self, parts: Vec<Array>) -> Result<Array> {
        let by_token = |part: Array| part.transpose_axes(&[0, 2, 1, 3])?.squeeze_axes(&[0]);
        let parts = if self.are_single() {
            parts
        } else {
            parts.into_iter().map(by_token).collect::<Result<_>>()?
        };
        let all = match <[Array; 1]>::try_from(parts) {
            Ok([only]) => only,
            Err(parts) => concatenate(&parts, 0)?,
        };
        all.reshape(&[self.lengths.iter().sum(), -1])
    }
}
