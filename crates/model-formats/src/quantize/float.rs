//! The types that weights have, seen as single precision.

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

/// A floating-point type of weights, little-endian.
pub(crate) trait Float {
    /// Bytes of a number.
    const SIZE: usize;

    /// Numbers that are further from zero, or as far, become infinite.
    const LIMIT: f32;

    /// Decodes as many numbers as there is room for.
    fn decode(bytes: &[u8], numbers: &mut [f32]);

    /// Appends the nearest numbers of this type.
    fn encode(numbers: &[f32], bytes: &mut Vec<u8>);

    /// The number, rounded to the nearest of this type.
    fn rounded(number: f32) -> f32;
}

impl Float for f32 {
    const SIZE: usize = 4;
    const LIMIT: Self = Self::INFINITY;

    fn decode(bytes: &[u8], numbers: &mut [f32]) {
        for (number, bytes) in numbers.iter_mut().zip(bytes.chunks_exact(Self::SIZE)) {
            *number = Self::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
    }

    fn encode(numbers: &[f32], bytes: &mut Vec<u8>) {
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }

    fn rounded(number: f32) -> f32 {
        number
    }
}

/// Numbers converted at once: slices of halves have instructions of their own.
const PART: usize = 32;

impl Float for f16 {
    const SIZE: usize = 2;
    const LIMIT: f32 = 65_520.0;

    fn decode(bytes: &[u8], numbers: &mut [f32]) {
        for (numbers, bytes) in numbers
            .chunks_mut(PART)
            .zip(bytes.chunks(PART * Self::SIZE))
        {
            let mut halves = [Self::ZERO; PART];
            let halves = &mut halves[..numbers.len()];
            for (half, bytes) in halves.iter_mut().zip(bytes.chunks_exact(Self::SIZE)) {
                *half = Self::from_le_bytes([bytes[0], bytes[1]]);
            }
            halves.convert_to_f32_slice(numbers);
        }
    }

    fn encode(numbers: &[f32], bytes: &mut Vec<u8>) {
        for numbers in numbers.chunks(PART) {
            let mut halves = [Self::ZERO; PART];
            let halves = &mut halves[..numbers.len()];
            halves.convert_from_f32_slice(numbers);
            bytes.extend(halves.iter().flat_map(|half| half.to_le_bytes()));
        }
    }

    fn rounded(number: f32) -> f32 {
        Self::from_f32(number).to_f32()
    }
}

impl Float for bf16 {
    const SIZE: usize = 2;
    const LIMIT: f32 = f32::from_bits(0x7f7f_8000);

    fn decode(bytes: &[u8], numbers: &mut [f32]) {
        for (number, bytes) in numbers.iter_mut().zip(bytes.chunks_exact(Self::SIZE)) {
            *number = f32::from_bits(u32::from(u16::from_le_bytes([bytes[0], bytes[1]])) << 16);
        }
    }

    fn encode(numbers: &[f32], bytes: &mut Vec<u8>) {
        let rounded = numbers.iter().map(|number| Self::from_f32(*number));
        bytes.extend(rounded.flat_map(Self::to_le_bytes));
    }

    fn rounded(number: f32) -> f32 {
        Self::from_f32(number).to_f32()
    }
}
