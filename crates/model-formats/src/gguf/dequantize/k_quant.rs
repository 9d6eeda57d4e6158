//! ggml's blocks of 256 numbers, whose scales are quantised themselves.
//!
//! The layouts are those of `ggml-common.h`. In what follows a *group* is the run of numbers that
//! shares a scale, a *run* is 32 numbers.

use super::half;

const RUN: usize = 32;

/// 16 scales and least values of 4 bits, 64 bytes of 4 quants, scale, scale of the least values.
pub(super) fn q2(block: &[u8], out: &mut [f32]) {
    let (scales, rest) = block.split_at(16);
    let (quants, rest) = rest.split_at(64);
    let (scale, least) = (half(rest), half(&rest[2..]));
    for (at, out) in out.iter_mut().enumerate() {
        let group = scales[at / 16];
        let quant = two_bits(quants, at);
        *out = scale * f32::from(group & 15) * f32::from(quant) - least * f32::from(group >> 4);
    }
}

/// 32 bytes of third bits, 64 bytes of 4 quants' other bits, 16 scales of 6 bits, scale.
pub(super) fn q3(block: &[u8], out: &mut [f32]) {
    let (high, rest) = block.split_at(32);
    let (quants, rest) = rest.split_at(64);
    let (packed, rest) = rest.split_at(12);
    let scale = half(rest);
    let scales: [f32; 16] = std::array::from_fn(|group| {
        let low = packed[group % 8] >> (group / 8 * 4) & 15;
        let high = packed[8 + group % 4] >> (group / 4 * 2) & 3;
        scale * (f32::from(low | high << 4) - 32.0)
    });
    for (at, out) in out.iter_mut().enumerate() {
        // The third bit is stored inverted: where it is missing, 4 is taken away.
        let missing = if high[at % RUN] >> (at / RUN) & 1 == 0 {
            4.0
        } else {
            0.0
        };
        *out = scales[at / 16] * (f32::from(two_bits(quants, at)) - missing);
    }
}

/// Scale, scale of the least values, 8 of each of 6 bits, 128 bytes of 2 quants.
pub(super) fn q4(block: &[u8], out: &mut [f32]) {
    let quants = &block[16..];
    for (run, out) in out.chunks_exact_mut(RUN).enumerate() {
        let (scale, least) = scale_and_least(block, run);
        for (at, out) in out.iter_mut().enumerate() {
            *out = scale * f32::from(four_bits(quants, run, at)) - least;
        }
    }
}

/// As [`q4`], with 32 bytes of fifth bits before the quants.
pub(super) fn q5(block: &[u8], out: &mut [f32]) {
    let (high, quants) = block[16..].split_at(32);
    for (run, out) in out.chunks_exact_mut(RUN).enumerate() {
        let (scale, least) = scale_and_least(block, run);
        for (at, out) in out.iter_mut().enumerate() {
            let quant = four_bits(quants, run, at) | (high[at] >> run & 1) << 4;
            *out = scale * f32::from(quant) - least;
        }
    }
}

/// 128 bytes of 2 quants' lower bits, 64 bytes of 4 quants' upper ones, 16 scales of 8 bits, scale.
pub(super) fn q6(block: &[u8], out: &mut [f32]) {
    let (low, rest) = block.split_at(128);
    let (high, rest) = rest.split_at(64);
    let (scales, rest) = rest.split_at(16);
    let scale = half(rest);
    for (at, out) in out.iter_mut().enumerate() {
        // Two times 128 numbers: 64 bytes of lower bits, first the lower halves of all of them.
        let byte = low[at / 128 * 64 + at % 64];
        let quant = byte >> (at % 128 / 64 * 4) & 15 | two_bits(high, at) << 4;
        let group = f32::from(scales[at / 16].cast_signed());
        *out = scale * group * (f32::from(quant) - 32.0);
    }
}

/// Two times 128 numbers in 32 bytes: first the lowest two bits of each of them, and so on.
fn two_bits(bytes: &[u8], at: usize) -> u8 {
    bytes[at / 128 * 32 + at % RUN] >> (at % 128 / RUN * 2) & 3
}

/// Four times 64 numbers in 32 bytes: a run of the lower halves, then one of the upper.
fn four_bits(bytes: &[u8], run: usize, at: usize) -> u8 {
    bytes[run / 2 * RUN + at] >> (run % 2 * 4) & 15
}

/// The scale and the least value of a run of a `Q4_K` or `Q5_K` block.
///
/// Of the 12 bytes, 4 hold the first scales, 4 the first least values, in their lower six bits; 4
/// the lower halves of the other scales and least values, whose upper bits are in the first 8.
fn scale_and_least(block: &[u8], run: usize) -> (f32, f32) {
    let packed = &block[4..16];
    let (scale, least) = if run < 4 {
        (packed[run] & 63, packed[run + 4] & 63)
    } else {
        let both = packed[run + 4];
        (
            both & 15 | packed[run - 4] >> 6 << 4,
            both >> 4 | packed[run] >> 6 << 4,
        )
    };
    (
        half(block) * f32::from(scale),
        half(&block[2..]) * f32::from(least),
    )
}
