//! Matrices turned round and their columns reordered, whatever their elements.

use crate::Tensor;

/// The transposed matrix.
pub(super) fn transpose(matrix: &Tensor) -> Tensor {
    let [rows, columns] = matrix.shape[..] else {
        unreachable!("only matrices are transposed")
    };
    let size = matrix.dtype.size();
    let mut data = Vec::with_capacity(matrix.data.len());
    for column in 0..columns {
        for row in 0..rows {
            let at = (row * columns + column) * size;
            data.extend_from_slice(&matrix.data[at..at + size]);
        }
    }
    Tensor {
        dtype: matrix.dtype,
        shape: vec![columns, rows],
        data,
    }
}

/// The matrix `[rows, columns]` whose row `r` is the old row `source(r)`.
pub(super) fn reorder_rows(matrix: &Tensor, source: impl Fn(usize) -> usize) -> Tensor {
    let width = matrix.data.len() / matrix.shape[0].max(1);
    let mut data = Vec::with_capacity(matrix.data.len());
    for row in 0..matrix.shape[0] {
        let at = source(row) * width;
        data.extend_from_slice(&matrix.data[at..at + width]);
    }
    Tensor {
        dtype: matrix.dtype,
        shape: matrix.shape.clone(),
        data,
    }
}

/// Where a row of llama.cpp's queries or keys comes from: it keeps the two halves of a head
/// interleaved, Hugging Face one after the other.
pub(super) fn interleaved(row: usize, head_rows: usize) -> usize {
    let (head, within) = (row / head_rows, row % head_rows);
    head * head_rows + (within % 2) * (head_rows / 2) + within / 2
}

/// The inverse of [`interleaved`].
pub(super) fn halved(row: usize, head_rows: usize) -> usize {
    let (head, within) = (row / head_rows, row % head_rows);
    let half = head_rows / 2;
    head * head_rows + (within % half) * 2 + within / half
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dtype;

    fn bytes(rows: usize, columns: usize) -> Tensor {
        Tensor {
            dtype: Dtype::U8,
            shape: vec![rows, columns],
            data: (0..).take(rows * columns).collect(),
        }
    }

    #[test]
    fn transposing_moves_whole_elements() {
        let mut matrix = bytes(2, 6);
        matrix.dtype = Dtype::F16;
        matrix.shape = vec![2, 3];
        let turned = transpose(&matrix);
        assert_eq!(turned.shape, [3, 2]);
        assert_eq!(turned.data, [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11]);
        assert_eq!(transpose(&turned), matrix);
    }

    #[test]
    fn rows_are_reordered_within_each_head_and_back() {
        let matrix = bytes(8, 1);
        let moved = reorder_rows(&matrix, |row| interleaved(row, 4));
        assert_eq!(moved.data, [0, 2, 1, 3, 4, 6, 5, 7]);
        let matrix = bytes(12, 2);
        let moved = reorder_rows(&matrix, |row| interleaved(row, 6));
        assert_eq!(reorder_rows(&moved, |row| halved(row, 6)), matrix);
    }
}
