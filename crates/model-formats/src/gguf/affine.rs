//! ggml's blocks of 32 numbers in MLX's affine quantised form.
//!
//! There a number is `scale * q + bias`, the quants `q` lie in 32-bit words from the lowest bits
//! up, and each group of 32 has a scale and a bias.

use half::f16;

use super::GgmlType;
use crate::Quantization;

/// Numbers that share a scale and a bias.
const GROUP: usize = 32;

/// The parts of a quantised matrix, row by row.
#[derive(Debug, Default)]
pub(super) struct Affine {
    /// 32-bit words, little-endian.
    pub(super) words: Vec<u8>,
    /// A scale for each group.
    pub(super) scales: Vec<f32>,
    /// A bias for each group.
    pub(super) biases: Vec<f32>,
}

/// How finely it quantises; `None` for types that are no affine form of whole bits with groups of
/// 32.
pub(super) fn quantization(kind: GgmlType) -> Option<Quantization> {
    let bits = match kind {
        GgmlType::Q4_0 | GgmlType::Q4_1 => 4,
        GgmlType::Q8_0 => 8,
        _ => return None,
    };
    Quantization::new(bits, GROUP).ok()
}

/// The affine form of these blocks, with the same numbers; `None` where [`quantization`] is.
pub(super) fn affine(kind: GgmlType, blocks: &[u8]) -> Option<Affine> {
    let bytes = quantization(kind)?.words(GROUP) * size_of::<u32>();
    let count = blocks.len() / kind.block_bytes();
    let mut affine = Affine {
        words: Vec::with_capacity(count * bytes),
        scales: Vec::with_capacity(count),
        biases: Vec::with_capacity(count),
    };
    for block in blocks.chunks_exact(kind.block_bytes()) {
        let (head, quants) = block.split_at(block.len() - bytes);
        let scale = half(head);
        affine.scales.push(scale);
        affine.biases.push(match kind {
            GgmlType::Q4_0 => -8.0 * scale,
            GgmlType::Q4_1 => half(&head[2..]),
            _ => -128.0 * scale,
        });
        if bytes == GROUP {
            // From -128..128 to 0..256.
            affine.words.extend(quants.iter().map(|quant| quant ^ 128));
        } else {
            affine.words.extend(pairs(quants));
        }
    }
    Some(affine)
}

/// Brings quants of four bits into order: byte `i` of a block holds the `i`th and, above it, the
/// one 16 further on; byte `i` of the words holds those at `2 i` and `2 i + 1`.
fn pairs(quants: &[u8]) -> impl Iterator<Item = u8> {
    let low = quants.chunks_exact(2).map(|two| two[0] & 15 | two[1] << 4);
    low.chain(
        quants
            .chunks_exact(2)
            .map(|two| two[0] >> 4 | two[1] & 0xf0),
    )
}

fn half(bytes: &[u8]) -> f32 {
    f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()
}
