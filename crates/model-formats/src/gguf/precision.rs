//! The floating-point types of converted weights.

use half::{bf16, f16};

use super::GgmlType;
use crate::Dtype;
use crate::quantize::Float;

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
    match dtype {
        Dtype::F16 => append::<f16>(numbers, out),
        Dtype::Bf16 => append::<bf16>(numbers, out),
        _ => append::<f32>(numbers, out),
    }
}

fn append<To: Float>(numbers: &[f32], out: &mut Vec<u8>) -> Result<(), Overflow> {
    let overflows = |number: &f32| number.is_finite() && number.abs() >= To::LIMIT;
    if numbers.iter().any(overflows) {
        return Err(Overflow);
    }
    To::encode(numbers, out);
    Ok(())
}
