//! The floating-point types of converted weights.

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use super::GgmlType;
use crate::Dtype;

/// The type of scales, biases, norms and matrices that are not quantised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// The type in the file. What is quantised there has scales in `F16`, and becomes `F16` where
    /// MLX has no form for it.
    #[default]
    AsStored,
    /// Single precision.
    F32,
    /// The upper half of single precision.
    Bf16,
    /// Half precision.
    F16,
}

impl Precision {
    /// The type that numbers get which are stored as this.
    pub(super) fn dtype(self, kind: GgmlType) -> Dtype {
        match (self, kind) {
            (Self::F32, _) | (Self::AsStored, GgmlType::F32) => Dtype::F32,
            (Self::Bf16, _) | (Self::AsStored, GgmlType::BF16) => Dtype::Bf16,
            (Self::F16 | Self::AsStored, _) => Dtype::F16,
        }
    }
}

/// A number is finite, but not in the type that was asked for.
#[derive(Debug)]
pub(super) struct Overflow;

/// Appends numbers in one of the floating-point types, rounded to the nearest.
pub(super) fn encode(numbers: &[f32], dtype: Dtype, out: &mut Vec<u8>) -> Result<(), Overflow> {
    const PART: usize = 256;
    for part in numbers.chunks(PART) {
        match dtype {
            Dtype::F16 => {
                let mut halves = [f16::ZERO; PART];
                let halves = &mut halves[..part.len()];
                halves.convert_from_f32_slice(part);
                check(part, halves.iter().map(|half| half.is_finite()))?;
                out.extend(halves.iter().flat_map(|half| half.to_le_bytes()));
            }
            Dtype::Bf16 => {
                let mut halves = [bf16::ZERO; PART];
                let halves = &mut halves[..part.len()];
                halves.convert_from_f32_slice(part);
                check(part, halves.iter().map(|half| half.is_finite()))?;
                out.extend(halves.iter().flat_map(|half| half.to_le_bytes()));
            }
            _ => out.extend(part.iter().flat_map(|number| number.to_le_bytes())),
        }
    }
    Ok(())
}

fn check(numbers: &[f32], finite: impl Iterator<Item = bool>) -> Result<(), Overflow> {
    let lost = numbers
        .iter()
        .zip(finite)
        .any(|(number, finite)| number.is_finite() && !finite);
    if lost { Err(Overflow) } else { Ok(()) }
}
