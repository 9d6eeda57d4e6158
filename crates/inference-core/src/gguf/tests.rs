//! Handmade headers, damaged ones, and a real model.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{GgufError, GgufFileType, GgufHeader};

/// A small handmade file.
pub(crate) struct Builder {
    keys: u64,
    body: Vec<u8>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            keys: 0,
            body: Vec::new(),
        }
    }

    fn raw(mut self, key: &str, kind: u32, value: &[u8]) -> Self {
        self.keys += 1;
        self.body.extend(string(key));
        self.body.extend(kind.to_le_bytes());
        self.body.extend(value);
        self
    }

    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        self.raw(key, 8, &string(value))
    }

    pub(crate) fn u32(self, key: &str, value: u32) -> Self {
        self.raw(key, 4, &value.to_le_bytes())
    }

    fn array(self, key: &str, kind: u32, count: u64, elements: &[u8]) -> Self {
        let mut value = kind.to_le_bytes().to_vec();
        value.extend(count.to_le_bytes());
        value.extend(elements);
        self.raw(key, 9, &value)
    }

    fn strings(self, key: &str, values: &[&str]) -> Self {
        let elements: Vec<u8> = values.iter().flat_map(|value| string(value)).collect();
        self.array(key, 8, values.len() as u64, &elements)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.version(3)
    }

    fn version(&self, version: u32) -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        file.extend(version.to_le_bytes());
        file.extend(7_u64.to_le_bytes());
        file.extend(self.keys.to_le_bytes());
        file.extend(&self.body);
        file
    }
}

fn string(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

fn small() -> Builder {
    Builder::new()
        .u32("qwen3.context_length", 4096)
        .text("general.architecture", "qwen3")
        .text("general.name", "Tiny é")
        .text("general.type", "model")
        .raw("general.file_type", 4, &15_u32.to_le_bytes())
        .raw("qwen3.block_count", 10, &28_u64.to_le_bytes())
        .raw("qwen3.embedding_length", 5, &1024_i32.to_le_bytes())
        .u32("other.embedding_length", 1)
        .raw("qwen3.rope.freq_base", 6, &1e6_f32.to_le_bytes())
        .raw("tokenizer.ggml.add_bos_token", 7, &[1])
        .strings("tokenizer.ggml.tokens", &["<s>", "", "é"])
        .array("tokenizer.ggml.scores", 6, 3, &[0; 12])
        .text("tokenizer.chat_template", "{{ messages }}")
}

fn read(bytes: &[u8]) -> Result<GgufHeader, GgufError> {
    GgufHeader::read(Cursor::new(bytes))
}

#[track_caller]
fn check_error(bytes: &[u8], message: &str) {
    let error = read(bytes).expect_err("the file is bad");
    assert!(error.to_string().contains(message), "{error}");
}

#[test]
fn reads_what_a_model_is() {
    for version in [2, 3] {
        let header = read(&small().version(version)).unwrap();
        let expected = GgufHeader {
            version,
            tensor_count: 7,
            architecture: Some("qwen3".into()),
            name: Some("Tiny é".into()),
            kind: Some("model".into()),
            file_type: Some(GgufFileType::new(15)),
            context_length: Some(4096),
            block_count: Some(28),
            embedding_length: Some(1024),
            vocab_size: Some(3),
            chat_template: Some("{{ messages }}".into()),
        };
        assert_eq!(header, expected);
        assert_eq!(header.quantization(), Some("Q4_K_M"));
        assert_eq!(header.quant_bits(), Some(4));
    }
}

#[test]
fn tells_nothing_that_the_file_does_not() {
    let header = read(&Builder::new().bytes()).unwrap();
    assert_eq!(header.architecture, None);
    assert_eq!(header.vocab_size, None);
    assert_eq!(header.quant_bits(), None);
}

#[test]
fn the_vocabulary_is_counted_or_told() {
    let told = Builder::new()
        .text("general.architecture", "llama")
        .u32("llama.vocab_size", 32_000);
    assert_eq!(read(&told.bytes()).unwrap().vocab_size, Some(32_000));
}

#[test]
fn mistyped_values_are_as_good_as_missing() {
    let odd = Builder::new()
        .u32("general.name", 5)
        .text("general.file_type", "Q4_0")
        .text("tokenizer.ggml.tokens", "all of them")
        .text("general.architecture", "llama")
        .raw("llama.block_count", 5, &(-1_i32).to_le_bytes());
    let header = read(&odd.bytes()).unwrap();
    assert_eq!((header.name, header.file_type), (None, None));
    assert_eq!((header.vocab_size, header.block_count), (None, None));
}

#[test]
fn unquantised_and_guessed_types() {
    assert_eq!(GgufFileType::new(1).quant_bits(), Some(0));
    assert_eq!(GgufFileType::new(1).name(), Some("F16"));
    assert_eq!(GgufFileType::new(1024 + 7).quant_bits(), Some(8));
    assert_eq!(GgufFileType::new(999).to_string(), "file type 999");
}

#[test]
fn other_files_are_refused_with_a_way_out() {
    check_error(b"", "the file is empty");
    check_error(b"GG", "ends at byte 2");
    check_error(b"ab", "starts with \"ab\\x00\\x00\"");
    check_error(b"version https://git-lfs", "git lfs pull");
    check_error(b"<!DOCTYPE html>", "web page");
    check_error(&small().version(99), "version 99 is not supported");
    check_error(&small().version(1), "version 1 is not supported");
    check_error(&small().version(3_u32.swap_bytes()), "big-endian");
}

#[test]
fn counts_and_lengths_are_bounded() {
    let huge = u64::MAX.to_le_bytes();
    let mut file = small().bytes();
    file[16..24].copy_from_slice(&huge);
    check_error(&file, "the number of metadata keys is 18446744073709551615");
    let mut file = small().bytes();
    file[8..16].copy_from_slice(&huge);
    check_error(&file, "the number of tensors");
    check_error(
        &Builder::new().raw("general.name", 8, &huge).bytes(),
        "the length of a metadata text",
    );
    check_error(
        &Builder::new().raw("x", 8, &huge).bytes(),
        "size of the header",
    );
    for kind in [0, 8, 9, 12] {
        let file = Builder::new().array("x", kind, u64::MAX, &[]).bytes();
        check_error(&file, "size of the header");
    }
}

#[test]
fn unknown_types_and_deep_nesting_are_refused() {
    check_error(
        &Builder::new().raw("x", 13, &[]).bytes(),
        "unknown metadata type",
    );
    check_error(
        &Builder::new().array("x", 13, 1, &[]).bytes(),
        "unknown metadata type",
    );
    let mut nested = Vec::new();
    for _ in 0..100 {
        nested.extend(9_u32.to_le_bytes());
        nested.extend(1_u64.to_le_bytes());
    }
    check_error(
        &Builder::new().array("x", 9, 1, &nested).bytes(),
        "nested too deeply",
    );
}

#[test]
fn a_file_cut_anywhere_is_truncated() {
    let file = small().bytes();
    for len in 1..file.len() {
        match read(&file[..len]) {
            Err(GgufError::Truncated { at }) => assert_eq!(at, len as u64),
            other => panic!("cut at {len}: {other:?}"),
        }
    }
}

#[test]
fn what_cannot_be_read_is_an_io_error_with_its_cause() {
    for path in [Path::new("/nowhere/at/all.gguf"), Path::new("/")] {
        let error = GgufHeader::open(path).unwrap_err();
        assert!(matches!(error, GgufError::Io(_)), "{error:?}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[test]
fn reads_a_real_model() {
    let header = GgufHeader::open(smollm2()).unwrap();
    assert_eq!(header.version, 3);
    assert_eq!(header.tensor_count, 272);
    assert_eq!(header.architecture.as_deref(), Some("llama"));
    assert_eq!(header.quantization(), Some("Q4_1"));
    assert_eq!(header.context_length, Some(8192));
    assert_eq!(header.block_count, Some(30));
    assert_eq!(header.embedding_length, Some(576));
    assert_eq!(header.vocab_size, Some(49_152));
    assert!(header.chat_template.unwrap().contains("<|im_start|>"));
}

/// The model that `cargo xtask setup` fetches.
fn smollm2() -> PathBuf {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = variable("ML_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("ml")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/ml")))
        .expect("HOME is set");
    let path = cache.join("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    assert!(
        path.exists(),
        "{} is missing: run `cargo xtask setup`",
        path.display()
    );
    path
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn random_content_never_panics(bytes in prop::collection::vec(0_u8..14, 0..256), keys in 0_u64..9) {
        let builder = Builder { keys, body: bytes };
        let _ = read(&builder.bytes());
    }

    #[test]
    fn flipped_bytes_never_panic(at: prop::sample::Index, byte: u8) {
        let mut file = small().bytes();
        let at = at.index(file.len());
        file[at] = byte;
        let _ = read(&file);
    }
}
