//! Numbers out of ggml's blocks, in the order of operations that ggml defines them by.

use half::{bf16, f16};

use super::GgmlType;

mod k_quant;

/// Writes the numbers that these blocks hold: as many as `out` has room for.
///
/// `None` for a type that is not supported.
pub(super) fn dequantize(kind: GgmlType, blocks: &[u8], out: &mut [f32]) -> Option<()> {
    let decode: fn(&[u8], &mut [f32]) = match kind {
        GgmlType::F32 => |block, out| out[0] = f32::from_le_bytes(four(block)),
        GgmlType::F16 => |block, out| out[0] = half(block),
        GgmlType::BF16 => |block, out| out[0] = bf16::from_le_bytes([block[0], block[1]]).to_f32(),
        GgmlType::Q4_0 => q4_0,
        GgmlType::Q4_1 => q4_1,
        GgmlType::Q5_0 => q5_0,
        GgmlType::Q5_1 => q5_1,
        GgmlType::Q8_0 => q8_0,
        GgmlType::Q2_K => k_quant::q2,
        GgmlType::Q3_K => k_quant::q3,
        GgmlType::Q4_K => k_quant::q4,
        GgmlType::Q5_K => k_quant::q5,
        GgmlType::Q6_K => k_quant::q6,
        _ => return None,
    };
    let blocks = blocks.chunks_exact(kind.block_bytes());
    for (block, out) in blocks.zip(out.chunks_exact_mut(kind.block_len())) {
        decode(block, out);
    }
    Some(())
}

fn half(bytes: &[u8]) -> f32 {
    f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()
}

fn four(bytes: &[u8]) -> [u8; 4] {
    [bytes[0], bytes[1], bytes[2], bytes[3]]
}

/// The 32 numbers of four bits in 16 bytes: first all lower halves, then all upper ones.
fn nibbles(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let low = bytes.iter().map(|byte| byte & 15);
    low.chain(bytes.iter().map(|byte| byte >> 4))
}

fn q4_0(block: &[u8], out: &mut [f32]) {
    let scale = half(block);
    for (out, quant) in out.iter_mut().zip(nibbles(&block[2..])) {
        *out = scale * (f32::from(quant) - 8.0);
    }
}

fn q4_1(block: &[u8], out: &mut [f32]) {
    let (scale, least) = (half(block), half(&block[2..]));
    for (out, quant) in out.iter_mut().zip(nibbles(&block[4..])) {
        *out = scale * f32::from(quant) + least;
    }
}

/// The fifth bits of 32 numbers, and then their other four.
fn five_bits(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let high = u32::from_le_bytes(four(bytes));
    let quants = nibbles(&bytes[4..]).enumerate();
    quants.map(move |(at, low)| low | (u8::from(high >> at & 1 == 1) << 4))
}

fn q5_0(block: &[u8], out: &mut [f32]) {
    let scale = half(block);
    for (out, quant) in out.iter_mut().zip(five_bits(&block[2..])) {
        *out = scale * (f32::from(quant) - 16.0);
    }
}

fn q5_1(block: &[u8], out: &mut [f32]) {
    let (scale, least) = (half(block), half(&block[2..]));
    for (out, quant) in out.iter_mut().zip(five_bits(&block[4..])) {
        *out = scale * f32::from(quant) + least;
    }
}

fn q8_0(block: &[u8], out: &mut [f32]) {
    let scale = half(block);
    for (out, quant) in out.iter_mut().zip(&block[2..]) {
        *out = f32::from(quant.cast_signed()) * scale;
    }
}
