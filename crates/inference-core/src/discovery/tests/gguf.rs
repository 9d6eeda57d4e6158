//! Models of one file or of several parts.

use super::*;

#[test]
fn finds_gguf_files_beside_and_below() {
    let base = folder(&[
        ("tiny.Q4_K_M.gguf", &gguf("llama")),
        ("sub/other.GGUF", &gguf("qwen3")),
    ]);
    let models = found(&base);
    assert_eq!(names(&models), ["tiny.Q4_K_M", "other"]);
    assert_eq!(models[0].format, ModelFormat::Gguf);
    assert_eq!(models[0].path, base.path().join("tiny.Q4_K_M.gguf"));
    assert_eq!(models[0].architecture.as_deref(), Some("llama"));
    assert_eq!(models[0].quant_bits, Some(4));
    assert_eq!(models[0].context_length, Some(8192));
    assert_eq!(models[0].size_bytes, gguf("llama").len() as u64);
    assert_eq!(models[0].problem, None);
}

#[test]
fn a_split_gguf_is_one_model() {
    let base = folder(&[
        ("big-00001-of-00003.gguf", &gguf("llama")),
        ("big-00002-of-00003.gguf", WEIGHTS),
        ("big-00003-of-00003.gguf", WEIGHTS),
        ("big.gguf", &gguf("llama")),
        ("part-00002-of-00002.gguf", &gguf("llama")),
    ]);
    let models = found(&base);
    assert_eq!(names(&models), ["big", "big", "part"]);
    assert_eq!(models[0].num_files, 1);
    assert_eq!(models[1].num_files, 3);
    assert_eq!(models[1].size_bytes, gguf("llama").len() as u64 + 20);
    assert_eq!(models[1].path, base.path().join("big-00001-of-00003.gguf"));
    assert_eq!(models[1].problem, None);
    check_problem(&models[2], "1 of 2 parts are missing");
}

#[test]
fn a_damaged_gguf_is_listed_with_the_problem() {
    let base = folder(&[("bad.gguf", b"<html>"), ("empty.gguf", b"")]);
    let models = found(&base);
    check_problem(&models[0], "bad.gguf: not a GGUF file");
    check_problem(&models[1], "empty.gguf: the file is empty");
}

#[test]
fn gguf_files_that_are_no_language_models_are_left_out() {
    let adapter = Builder::new()
        .text("general.architecture", "llama")
        .text("general.type", "adapter");
    let base = folder(&[
        ("mmproj.gguf", &gguf("clip")),
        ("lora.gguf", &adapter.bytes()),
    ]);
    assert!(found(&base).is_empty());
}
