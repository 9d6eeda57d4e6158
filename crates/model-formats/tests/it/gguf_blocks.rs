//! Numbers out of ggml's blocks, beside what gguf-py makes of the same blocks.

use std::path::Path;

use half::f16;
use model_formats::{GgufFault, GgufModel, Precision, SafetensorsFile, Tensor};

use crate::gguf_bytes::{GgufBytes, f32s};

/// Number of the type, its name, and the bits of its affine form where MLX has one.
const KINDS: &[(u32, &str, Option<u32>)] = &[
    (2, "Q4_0", Some(4)),
    (3, "Q4_1", Some(4)),
    (6, "Q5_0", None),
    (7, "Q5_1", None),
    (8, "Q8_0", Some(8)),
    (10, "Q2_K", None),
    (11, "Q3_K", None),
    (12, "Q4_K", None),
    (13, "Q5_K", None),
    (14, "Q6_K", None),
];
const NUMBERS: u64 = 1024;
const MATRIX: &str = "model.layers.0.mlp.down_proj.weight";
const NORM: &str = "model.norm.weight";

/// A model with one tensor of these blocks.
fn model(tensor: &str, shape: &[u64], (kind, blocks): (u32, &[u8]), to: Precision) -> GgufModel {
    let (_folder, path) = tiny_llama()
        .without_tensor(tensor)
        .tensor(tensor, shape, kind, blocks)
        .save();
    GgufModel::open(path, to).unwrap()
}

fn matrix(shape: &[u64], kind: u32, blocks: &[u8], to: Precision) -> GgufModel {
    model("blk.0.ffn_down.weight", shape, (kind, blocks), to)
}

/// The least that a llama model has.
pub(crate) fn tiny_llama() -> GgufBytes {
    let mut file = GgufBytes::new()
        .text("general.architecture", "llama")
        .u32("llama.block_count", 1)
        .u32("llama.context_length", 64)
        .u32("llama.embedding_length", 4)
        .u32("llama.feed_forward_length", 4)
        .u32("llama.attention.head_count", 1)
        .f32("llama.attention.layer_norm_rms_epsilon", 1e-5)
        .text("tokenizer.ggml.model", "gpt2")
        .text("tokenizer.ggml.pre", "gpt-2")
        .strings("tokenizer.ggml.tokens", &["a", "b", "ab", "<s>"])
        .i32s("tokenizer.ggml.token_type", &[1, 1, 1, 3])
        .strings("tokenizer.ggml.merges", &["a b"])
        .u32("tokenizer.ggml.bos_token_id", 3)
        .tensor("token_embd.weight", &[4, 4], 0, &[0; 64])
        .tensor("output_norm.weight", &[4], 0, &[0; 16]);
    for norm in ["attn_norm", "ffn_norm"] {
        file = file.tensor(&format!("blk.0.{norm}.weight"), &[4], 0, &[0; 16]);
    }
    for matrix in [
        "attn_q",
        "attn_k",
        "attn_v",
        "attn_output",
        "ffn_gate",
        "ffn_up",
        "ffn_down",
    ] {
        let rows = f32s(&[0.0, 1.0, 2.0, 3.0]).repeat(4);
        file = file.tensor(&format!("blk.0.{matrix}.weight"), &[4, 4], 0, &rows);
    }
    file
}

fn golden(name: &str) -> Tensor {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/gguf_blocks.safetensors");
    SafetensorsFile::open(path).unwrap().read(name).unwrap()
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    let numbers = tensor.data.chunks_exact(4);
    numbers
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
}

/// The same numbers; zeros may differ in sign.
#[track_caller]
fn check_same(kind: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{kind}");
    let mut pairs = found.iter().zip(expected).enumerate();
    let differs = |(_, (found, expected)): &(usize, (&f32, &f32))| (*found - *expected).abs() > 0.0;
    assert_eq!(pairs.find(differs), None, "{kind}");
    assert!(found.iter().all(|number| number.is_finite()), "{kind}");
}

#[test]
fn every_type_gives_the_numbers_that_ggml_defines() {
    for (number, kind, _) in KINDS {
        let blocks = golden(&format!("{kind}.blocks")).data;
        let expected = numbers(&golden(&format!("{kind}.numbers")));
        // A norm is never quantised in MLX's form.
        let model = model(
            "output_norm.weight",
            &[NUMBERS],
            (*number, &blocks),
            Precision::F32,
        );
        let parts = model.read(NORM).unwrap();
        assert_eq!(parts.len(), 1, "{kind}");
        check_same(kind, &numbers(&parts[0].1), &expected);
    }
}

#[test]
fn mlx_form_gives_the_same_numbers() {
    for (number, kind, bits) in KINDS {
        let Some(bits) = bits else { continue };
        let blocks = golden(&format!("{kind}.blocks")).data;
        let expected = numbers(&golden(&format!("{kind}.numbers")));
        let model = matrix(&[2, NUMBERS / 2], *number, &blocks, Precision::F32);
        let parts = model.read(MATRIX).unwrap();
        let [(_, words), (_, scales), (_, biases)] = &parts[..] else {
            panic!("{kind}: {parts:?}");
        };
        let (scales, biases) = (numbers(scales), numbers(biases));
        let found: Vec<f32> = quants(&words.data, *bits)
            .enumerate()
            .map(|(at, quant)| scales[at / 32] * f32::from(quant) + biases[at / 32])
            .collect();
        check_same(kind, &found, &expected);
    }
}

/// The numbers in words, from the lowest bits up.
fn quants(words: &[u8], bits: u32) -> impl Iterator<Item = u8> {
    words.iter().flat_map(move |byte| match bits {
        4 => vec![byte & 15, byte >> 4],
        _ => vec![*byte],
    })
}

#[test]
fn dequantised_matrices_are_rounded_to_the_nearest_half() {
    for (number, kind, bits) in KINDS {
        let blocks = golden(&format!("{kind}.blocks")).data;
        let model = matrix(&[1, NUMBERS], *number, &blocks, Precision::AsStored);
        let parts = model.read(MATRIX).unwrap();
        assert_eq!(parts.len() == 1, bits.is_none(), "{kind}");
        if bits.is_some() {
            continue;
        }
        let found = parts[0]
            .1
            .data
            .chunks_exact(2)
            .map(|bytes| [bytes[0], bytes[1]]);
        let expected = numbers(&golden(&format!("{kind}.numbers")));
        let expected = expected
            .iter()
            .map(|number| f16::from_f32(*number).to_le_bytes());
        assert!(found.eq(expected), "{kind}");
    }
}

#[test]
fn types_without_a_form_are_refused_by_name() {
    // I32, Q8_1, IQ4_NL, IQ4_XS, TQ2_0, MXFP4
    for (number, kind, block) in [
        (26, "I32", 4),
        (9, "Q8_1", 36),
        (20, "IQ4_NL", 18),
        (23, "IQ4_XS", 136),
        (35, "TQ2_0", 66),
        (39, "MXFP4", 17),
    ] {
        let numbers = if kind == "I32" { 1 } else { 256 };
        let blocks = vec![0; if block > 36 { block } else { block * 8 }];
        let (_folder, path) = tiny_llama()
            .without_tensor("blk.0.ffn_down.weight")
            .tensor("blk.0.ffn_down.weight", &[1, numbers], number, &blocks)
            .save();
        let error = GgufModel::open(path, Precision::AsStored).unwrap_err();
        let text = error.fault.to_string();
        let start = format!("the tensor blk.0.ffn_down.weight is of type {kind}, ");
        assert!(text.starts_with(&start), "{text}");
    }
}

#[test]
fn numbers_beyond_half_precision_are_refused_not_made_infinite() {
    let beyond = f32s(&[1.0, 65_520.0]);
    let wide = matrix(&[1, 2], 0, &beyond, Precision::F16);
    let error = wide.read(MATRIX).unwrap_err();
    assert!(matches!(error.fault, GgufFault::Overflow { .. }), "{error}");
    let exact = matrix(&[1, 2], 0, &beyond, Precision::AsStored);
    assert_eq!(exact.read(MATRIX).unwrap()[0].1.data, beyond);
    let infinite = f32s(&[1.0, f32::INFINITY]);
    let stored = matrix(&[1, 2], 0, &infinite, Precision::F16);
    let data = &stored.read(MATRIX).unwrap()[0].1.data;
    assert_eq!(data[2..], f16::INFINITY.to_le_bytes());
    // The scale of Q8_0 fits, 128 times the scale does not.
    let mut block = f16::from_f32(600.0).to_le_bytes().to_vec();
    block.extend([0; 32]);
    let scaled = matrix(&[1, 32], 8, &block, Precision::AsStored);
    let error = scaled.read(MATRIX).unwrap_err();
    assert!(matches!(error.fault, GgufFault::Overflow { .. }), "{error}");
}
