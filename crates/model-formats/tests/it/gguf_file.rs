//! GGUF files as they are: metadata, tensors, and everything that can be wrong with them.

use std::error::Error;

use inference_core::{GgufError, GgufScalar};
use model_formats::{GgmlType, GgufArray, GgufFault, GgufFile, GgufValue};
use proptest::prelude::*;

use crate::gguf_bytes::{Entry, GgufBytes, f32s, save, smollm2};

const F32: u32 = 0;
const Q4_0: u32 = 2;

fn small() -> GgufBytes {
    GgufBytes::new()
        .text("general.architecture", "llama")
        .u32("llama.block_count", 2)
        .f32("llama.rope.freq_base", 1e4)
        .bool("tokenizer.ggml.add_bos_token", true)
        .strings("tokenizer.ggml.tokens", &["<s>", "", "é"])
        .i32s("tokenizer.ggml.token_type", &[3, 1, -1])
        .tensor("a", &[2, 3], F32, &f32s(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
        .tensor("b", &[2, 32], Q4_0, &[7; 36])
        .tensor("empty", &[0, 4], F32, &[])
}

#[track_caller]
fn open(file: &GgufBytes) -> GgufFile {
    let (_folder, path) = file.save();
    GgufFile::open(path).unwrap()
}

#[track_caller]
fn fault_of(bytes: &[u8]) -> GgufFault {
    let (_folder, path) = save(bytes);
    let error = GgufFile::open(&path).expect_err("the file is bad");
    assert_eq!(error.path, path);
    let text = error.to_string();
    assert!(text.starts_with(&*path.to_string_lossy()), "{text}");
    error.fault
}

#[track_caller]
fn check_fault(file: &GgufBytes, message: &str) {
    let fault = fault_of(&file.bytes());
    assert!(fault.to_string().contains(message), "{fault}");
}

#[test]
fn metadata_has_every_type() {
    let numbers = [
        (0, vec![200], GgufScalar::Unsigned(200)),
        (1, vec![200], GgufScalar::Signed(-56)),
        (2, vec![1, 2], GgufScalar::Unsigned(513)),
        (3, vec![0xff, 0xff], GgufScalar::Signed(-1)),
        (4, vec![0, 0, 0, 0x80], GgufScalar::Unsigned(1 << 31)),
        (5, vec![0xfe, 0xff, 0xff, 0xff], GgufScalar::Signed(-2)),
        (6, 1.5_f32.to_le_bytes().to_vec(), GgufScalar::Float(1.5)),
        (7, vec![1], GgufScalar::Bool(true)),
        (
            10,
            u64::MAX.to_le_bytes().to_vec(),
            GgufScalar::Unsigned(u64::MAX),
        ),
        (
            11,
            i64::MIN.to_le_bytes().to_vec(),
            GgufScalar::Signed(i64::MIN),
        ),
        (12, 0.1_f64.to_le_bytes().to_vec(), GgufScalar::Float(0.1)),
    ];
    let mut file = GgufBytes::new().text("text", "Tiny é");
    for (kind, bytes, _) in &numbers {
        file = file.raw(&format!("scalar.{kind}"), *kind, bytes);
        let twice = [bytes.clone(), bytes.clone()].concat();
        file = file.array(&format!("array.{kind}"), *kind, 2, &twice);
    }
    let nested = [5_u32.to_le_bytes().to_vec(), 0_u64.to_le_bytes().to_vec()].concat();
    let file = open(&file.array("nested", 9, 1, &nested));
    let metadata = file.metadata();
    assert_eq!(metadata["text"].as_str(), Some("Tiny é"));
    for (kind, _, value) in numbers {
        assert_eq!(
            metadata[&format!("scalar.{kind}")],
            GgufValue::Scalar(value)
        );
        let array = metadata[&format!("array.{kind}")].as_scalars().unwrap();
        assert_eq!(array.collect::<Vec<_>>(), [value, value]);
    }
    let GgufValue::Array(GgufArray::Arrays(arrays)) = &metadata["nested"] else {
        panic!("{:?}", metadata["nested"]);
    };
    assert_eq!(arrays.len(), 1);
}

#[test]
fn values_are_asked_for_by_type() {
    let file = open(&small());
    let metadata = file.metadata();
    assert_eq!(metadata["general.architecture"].as_str(), Some("llama"));
    assert_eq!(metadata["llama.block_count"].as_u64(), Some(2));
    assert_eq!(metadata["llama.rope.freq_base"].as_f64(), Some(1e4));
    assert_eq!(
        metadata["tokenizer.ggml.add_bos_token"].as_bool(),
        Some(true)
    );
    let tokens = metadata["tokenizer.ggml.tokens"].as_strings().unwrap();
    assert_eq!(tokens, ["<s>", "", "é"]);
    assert_eq!(metadata["llama.block_count"].as_str(), None);
    assert_eq!(metadata["llama.block_count"].as_f64(), None);
    assert_eq!(metadata["general.architecture"].as_u64(), None);
    assert_eq!(metadata["general.architecture"].as_bool(), None);
    assert!(metadata["general.architecture"].as_scalars().is_none());
    assert!(metadata["tokenizer.ggml.token_type"].as_strings().is_none());
}

#[test]
fn tensors_are_described_and_read() {
    for version in [2, 3] {
        let (_folder, path) = small().version(version).save();
        let file = GgufFile::open(&path).unwrap();
        assert_eq!(file.path(), path);
        let names: Vec<_> = file.tensors().keys().collect();
        assert_eq!(names, ["a", "b", "empty"]);
        let b = &file.tensors()["b"];
        assert_eq!(
            (b.kind, &*b.shape, b.len),
            (GgmlType::Q4_0, &[2, 32][..], 36)
        );
        assert_eq!(
            file.read("a").unwrap(),
            f32s(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        );
        assert_eq!(file.read("b").unwrap(), [7; 36]);
        assert_eq!(file.read("empty").unwrap(), [0; 0]);
        let missing = file.read("c").unwrap_err().fault;
        assert!(matches!(missing, GgufFault::NoSuchTensor { tensor } if tensor == "c"));
    }
}

#[test]
fn the_alignment_is_the_files() {
    let file = open(&small().alignment(128));
    assert_eq!(file.tensors()["b"].offset % 128, 0);
    assert_eq!(file.read("b").unwrap(), [7; 36]);
    for alignment in [0_u32, 3, 1 << 17] {
        let file = small().u32("general.alignment", alignment);
        check_fault(&file, &format!("general.alignment is {alignment}"));
    }
    check_fault(
        &small().text("general.alignment", "32"),
        "general.alignment is 0",
    );
}

#[test]
fn what_is_there_twice_is_refused() {
    check_fault(
        &small().twice("llama.block_count"),
        "key llama.block_count is there twice",
    );
    check_fault(
        &small().tensor("a", &[1], F32, &[0; 4]),
        "tensor a is there twice",
    );
}

#[test]
fn impossible_tensors_are_named() {
    let entry = |sizes: &[u64], kind, offset| Entry {
        name: "odd".into(),
        sizes: sizes.to_vec(),
        kind,
        data: Vec::new(),
        offset,
    };
    let cases = [
        (entry(&[1; 5], F32, None), "tensor odd has 5 dimensions"),
        (entry(&[32], 4, None), "tensor odd has the unknown type 4"),
        (
            entry(&[33], Q4_0, None),
            "tensor odd of type Q4_0 cannot have the shape [33]",
        ),
        (
            entry(&[1 << 40, 1 << 40], F32, None),
            "cannot have the shape",
        ),
        (entry(&[u64::MAX], F32, None), "cannot have the shape"),
        (entry(&[1 << 62], 24, None), "cannot have the shape"),
        (entry(&[1], F32, Some(4)), "tensor odd at 4 is not aligned"),
        (entry(&[1 << 20], F32, None), "tensor odd ends at byte"),
        (
            entry(&[4], F32, Some(u64::MAX - 31)),
            "tensor odd ends at byte",
        ),
        (entry(&[4], F32, Some(0)), "the tensors odd and a overlap"),
        (entry(&[4], F32, Some(32)), "the tensors odd and b overlap"),
    ];
    for (entry, message) in cases {
        check_fault(&small().entry(entry), message);
    }
}

#[test]
fn unknown_metadata_is_refused() {
    check_fault(&small().raw("x", 13, &[]), "unknown metadata type");
    check_fault(&small().array("x", 13, 1, &[]), "unknown metadata type");
    let level = [9_u32.to_le_bytes().to_vec(), 1_u64.to_le_bytes().to_vec()].concat();
    check_fault(
        &small().array("x", 9, 1, &level.repeat(100)),
        "nested too deeply",
    );
}

#[test]
fn lengths_cost_no_memory() {
    let huge = u64::MAX.to_le_bytes();
    check_fault(&small().raw("x", 8, &huge), "the length of a metadata text");
    for kind in [0, 8, 9, 12] {
        check_fault(
            &small().array("x", kind, u64::MAX, &[]),
            "size of the header",
        );
        check_fault(&small().array("x", kind, 1 << 20, &[]), "");
    }
    check_fault(
        &small().array("x", 8, 1 << 23, &[]),
        "the number of texts in a list is 8388608, at most 4194304 is read",
    );
    for (at, value) in [(8, u64::MAX), (8, 1 << 20), (16, u64::MAX)] {
        let mut file = small().bytes();
        file[at..at + 8].copy_from_slice(&value.to_le_bytes());
        assert!(matches!(
            fault_of(&file),
            GgufFault::Header(GgufError::TooLarge { .. })
        ));
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let file = small().bytes();
    for len in 0..unpadded(&file) {
        match (fault_of(&file[..len]), len) {
            (GgufFault::Header(GgufError::Empty), 0) => {}
            (GgufFault::Header(GgufError::Truncated { at }), _) => assert_eq!(at, len as u64),
            (GgufFault::Truncated { length, .. }, _) => assert_eq!(length, len as u64),
            (fault, _) => panic!("cut at {len}: {fault:?}"),
        }
    }
}

/// The length without the padding behind the last tensor, whose bytes are sevens.
fn unpadded(file: &[u8]) -> usize {
    file.iter().rposition(|byte| *byte == 7).unwrap() + 1
}

#[test]
fn a_file_that_shrinks_is_an_error_when_it_is_read() {
    let (_folder, path) = small().save();
    let file = GgufFile::open(&path).unwrap();
    std::fs::write(&path, b"GGUF").unwrap();
    let error = file.read("a").unwrap_err();
    assert!(matches!(error.fault, GgufFault::Io(_)), "{error}");
    assert!(error.source().is_some());
}

#[test]
fn what_is_no_gguf_file_is_said() {
    check_fault_of(b"version https://git-lfs", "git lfs pull");
    check_fault_of(b"PK\x03\x04", "zip archive");
    for path in ["/nowhere/at/all.gguf", "/"] {
        let error = GgufFile::open(path).unwrap_err();
        assert!(error.source().is_some(), "{error}");
    }
}

#[track_caller]
fn check_fault_of(bytes: &[u8], message: &str) {
    let fault = fault_of(bytes);
    assert!(fault.to_string().contains(message), "{fault}");
}

#[test]
fn reads_a_real_model() {
    let file = GgufFile::open(smollm2()).unwrap();
    assert_eq!(file.tensors().len(), 272);
    let embeddings = &file.tensors()["token_embd.weight"];
    assert_eq!(embeddings.kind, GgmlType::Q8_0);
    assert_eq!(embeddings.shape, [49_152, 576]);
    assert_eq!((embeddings.offset, embeddings.len), (1_785_664, 30_081_024));
    let tokens = file.metadata()["tokenizer.ggml.tokens"]
        .as_strings()
        .unwrap();
    assert_eq!((tokens.len(), &*tokens[2]), (49_152, "<|im_end|>"));
    assert_eq!(file.read("output_norm.weight").unwrap().len(), 576 * 4);
}

proptest! {
    #[test]
    fn flipped_bytes_never_panic(at: prop::sample::Index, byte: u8) {
        let mut file = small().bytes();
        let at = at.index(file.len());
        file[at] = byte;
        let (_folder, path) = save(&file);
        if let Ok(file) = GgufFile::open(path) {
            for name in file.tensors().keys() {
                file.read(name).unwrap();
            }
        }
    }

    #[test]
    fn random_content_never_panics(bytes in prop::collection::vec(0_u8..14, 0..256), counts: [u8; 2]) {
        let mut file = GgufBytes::new().bytes();
        file[8] = counts[0] % 4;
        file[16] = counts[1] % 4;
        file.truncate(24);
        file.extend(bytes);
        let (_folder, path) = save(&file);
        let _ = GgufFile::open(path);
    }
}
