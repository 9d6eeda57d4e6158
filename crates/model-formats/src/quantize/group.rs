//! The numbers of one group: their scale and bias, and their bits.

/// Keeps the scale of a group of equal numbers away from zero, as in MLX.
const LEAST_SCALE: f32 = 1e-7;

/// The greatest number of so many bits.
fn greatest(bits: u32) -> f32 {
    f32::from((1_u16 << bits) - 1)
}

/// The scale and the bias of a group; `None` where a number is not finite or the range overflows.
///
/// Of the least and the greatest number, the one that is further from zero gets level 0 and is the
/// bias; the scale is such that zero falls on a level. In the order of MLX's operations, which
/// decides about the last bit.
pub(super) fn affine(numbers: &[f32], bits: u32) -> Option<(f32, f32)> {
    // Adding up is how to see NaN and infinity without a branch for each number.
    let finite = numbers.iter().map(|number| number * 0.0).sum::<f32>() == 0.0;
    let least = numbers.iter().copied().fold(f32::INFINITY, f32::min);
    let greatest_number = numbers.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let span = greatest_number - least;
    if !finite || !span.is_finite() {
        return None;
    }
    let scale = (span / greatest(bits)).max(LEAST_SCALE);
    let (edge, scale) = if least.abs() > greatest_number.abs() {
        (least, scale)
    } else {
        (greatest_number, -scale)
    };
    let zero = (edge / scale).round_ties_even();
    Some(if zero == 0.0 {
        (scale, 0.0)
    } else {
        (edge / zero, edge)
    })
}

/// Appends the levels that are nearest to the numbers, of so many bits each.
pub(super) fn pack(numbers: &mut [f32], (scale, bias): (f32, f32), bits: u32, words: &mut Vec<u8>) {
    /// From here to twice of it, single precision has the whole numbers alone: adding it rounds, to
    /// even where in the middle, and leaves the number in the lowest bits.
    const WHOLE: f32 = 8_388_608.0;
    let greatest = greatest(bits);
    for number in &mut *numbers {
        *number = ((*number - bias) / scale).clamp(0.0, greatest) + WHOLE;
    }
    // Eight numbers are as many whole bytes as a number has bits.
    for eight in numbers.chunks_exact(8) {
        let packed = eight.iter().rev().fold(0_u64, |packed, number| {
            packed << bits | u64::from(number.to_bits() & 0xff)
        });
        words.extend_from_slice(&packed.to_le_bytes()[..bits as usize]);
    }
}

/// The levels of a group, as numbers.
pub(super) fn unpack(words: &[u8], bits: u32, numbers: &mut [f32]) {
    let mask = (1_u64 << bits) - 1;
    for (eight, bytes) in numbers
        .chunks_exact_mut(8)
        .zip(words.chunks_exact(bits as usize))
    {
        let mut packed = [0; 8];
        packed[..bytes.len()].copy_from_slice(bytes);
        let mut packed = u64::from_le_bytes(packed);
        for number in eight {
            #[expect(clippy::cast_precision_loss, reason = "at most eight bits are left")]
            let level = (packed & mask) as f32;
            *number = level;
            packed >>= bits;
        }
    }
}
