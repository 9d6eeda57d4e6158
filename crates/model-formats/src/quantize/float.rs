//! The types that weights have, seen as single precision.

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

/// A floating-point type of weights, little-endian.
pub(super) trait Float {
    /// Bytes of a number.
    const SIZE: usize;

    /// Decodes as many numbers as there is room for.
    fn decode(bytes: &[u8], numbers: &mut [f32]);

    /// The number, rounded to the nearest of this type.
    fn rounded(number: f32) -> f32;

    /// Appends the nearest number of this type.
    fn encode(number: f32, bytes: &mut Vec<u8>);

    /// Whether the number is finite in this type.
    fn holds(number: f32) -> bool {
        Self::rounded(number).is_finite()
    }

    /// Decodes one number.
    fn decode_one(bytes: &[u8]) -> f32 {
        let mut number = [0.0];
        Self::decode(bytes, &mut number);
        number[0]
    }
}

impl Float for f32 {
    const SIZE: usize = 4;

    fn decode(bytes: &[u8], numbers: &mut [f32]) {
        for (number, bytes) in numbers.iter_mut().zip(bytes.chunks_exact(4)) {
            *number = Self::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
    }

    fn rounded(number: f32) -> f32 {
        number
    }

    fn encode(number: f32, bytes: &mut Vec<u8>) {
        bytes.extend(number.to_le_bytes());
    }
}

impl Float for f16 {
    const SIZE: usize = 2;

    fn decode(bytes: &[u8], numbers: &mut [f32]) {
        // In parts, as whole slices are converted by the processor's instructions for it.
        for (numbers, bytes) in numbers.chunks_mut(32).zip(bytes.chunks(64)) {
            let mut halves = [Self::ZERO; 32];
            let halves = &mut halves[..numbers.len()];
            for (half, bytes) in halves.iter_mut().zip(bytes.chunks_exact(2)) {
                *half = Self::from_le_bytes([bytes[0], bytes[1]]);
            }
            halves.convert_to_f32_slice(numbers);
        }
    }

    fn rounded(number: f32) -> f32 {
        Self::from_f32(number).to_f32()
    }

    fn encode(number: f32, bytes: &mut Vec<u8>) {
        bytes.extend(Self::from_f32(number).to_le_bytes());
    }
}

impl Float for bf16 {
    const SIZE: usize = 2;

    fn decode(bytes: &[u8], numbers: &mut [f32]) {
        for (number, bytes) in numbers.iter_mut().zip(bytes.chunks_exact(2)) {
            *number = f32::from_bits(u32::from(u16::from_le_bytes([bytes[0], bytes[1]])) << 16);
        }
    }

    fn rounded(number: f32) -> f32 {
        Self::from_f32(number).to_f32()
    }

    fn encode(number: f32, bytes: &mut Vec<u8>) {
        bytes.extend(Self::from_f32(number).to_le_bytes());
    }
}
