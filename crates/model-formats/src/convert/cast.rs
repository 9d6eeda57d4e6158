//! Weights in another floating-point type.

use half::{bf16, f16};

use crate::quantize::Float;
use crate::{Dtype, Tensor};

/// A number is finite, but not in the type that was asked for.
#[derive(Debug)]
pub(super) struct Overflow;

/// The tensor in another floating-point type, each number rounded to the nearest.
pub(super) fn cast(tensor: Tensor, dtype: Dtype) -> Result<Tensor, Overflow> {
    if tensor.dtype == dtype {
        return Ok(tensor);
    }
    let data = match tensor.dtype {
        Dtype::F16 => encode::<f16>(&tensor.data, dtype),
        Dtype::Bf16 => encode::<bf16>(&tensor.data, dtype),
        _ => encode::<f32>(&tensor.data, dtype),
    }?;
    Ok(Tensor {
        dtype,
        shape: tensor.shape,
        data,
    })
}

fn encode<From: Float>(data: &[u8], dtype: Dtype) -> Result<Vec<u8>, Overflow> {
    match dtype {
        Dtype::F16 => convert::<From, f16>(data),
        Dtype::Bf16 => convert::<From, bf16>(data),
        _ => convert::<From, f32>(data),
    }
}

fn convert<From: Float, To: Float>(data: &[u8]) -> Result<Vec<u8>, Overflow> {
    const PART: usize = 256;
    let mut out = Vec::with_capacity(data.len() / From::SIZE * To::SIZE);
    let mut numbers = [0.0; PART];
    for part in data.chunks(PART * From::SIZE) {
        let numbers = &mut numbers[..part.len() / From::SIZE];
        From::decode(part, numbers);
        let overflows = |number: &f32| number.is_finite() && number.abs() >= To::LIMIT;
        if numbers.iter().any(overflows) {
            return Err(Overflow);
        }
        To::encode(numbers, &mut out);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f32s(numbers: &[f32]) -> Tensor {
        Tensor {
            dtype: Dtype::F32,
            shape: vec![numbers.len()],
            data: numbers.iter().flat_map(|n| n.to_le_bytes()).collect(),
        }
    }

    #[test]
    fn numbers_are_rounded_to_the_nearest_even() {
        let bf16 = cast(f32s(&[1.0, 1.003_906_3, 1.011_718_8, -0.0]), Dtype::Bf16).unwrap();
        assert_eq!(bf16.data, [0x80, 0x3f, 0x80, 0x3f, 0x82, 0x3f, 0x00, 0x80]);
        let back = cast(bf16, Dtype::F32).unwrap();
        assert_eq!(back, f32s(&[1.0, 1.0, 1.015_625, -0.0]));
        let f16 = cast(f32s(&[65504.0, 1e-7]), Dtype::F16).unwrap();
        assert_eq!(f16.data, [0xff, 0x7b, 0x02, 0x00]);
    }

    #[test]
    fn what_overflows_is_refused_and_infinity_kept() {
        assert!(cast(f32s(&[65520.0]), Dtype::F16).is_err());
        assert!(cast(f32s(&[f32::MAX]), Dtype::Bf16).is_err());
        let infinity = cast(f32s(&[f32::INFINITY]), Dtype::F16).unwrap();
        assert_eq!(infinity.data, [0x00, 0x7c]);
    }
}
