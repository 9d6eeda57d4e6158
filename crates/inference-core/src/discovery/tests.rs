//! Folders of models, as they are on real machines.

mod gguf;
mod place;
mod walk;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{DiscoveredModel, DiscoverySource, ModelFormat, Places, discover};
use crate::ErrorKind;
use crate::gguf::tests::Builder;

/// A folder that is gone after the test, filled with files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, content) in files {
        write(folder.path(), path, content);
    }
    folder
}

fn write(folder: &Path, path: &str, content: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn gguf(architecture: &str) -> Vec<u8> {
    let key = format!("{architecture}.context_length");
    Builder::new()
        .text("general.architecture", architecture)
        .u32(&key, 8192)
        .u32("general.file_type", 15)
        .bytes()
}

fn found(folder: &TempDir) -> Vec<DiscoveredModel> {
    discover(folder.path()).unwrap()
}

fn names(models: &[DiscoveredModel]) -> Vec<&str> {
    models.iter().map(|model| model.name.as_str()).collect()
}

#[track_caller]
fn only(models: Vec<DiscoveredModel>) -> DiscoveredModel {
    let [model] = <[_; 1]>::try_from(models).unwrap();
    model
}

#[track_caller]
fn check_problem(model: &DiscoveredModel, part: &str) {
    let problem = model.problem.as_deref().unwrap_or("none");
    assert!(problem.contains(part), "{problem}");
}

const QWEN: &[u8] = br#"{"model_type": "qwen3", "max_position_embeddings": 40960,
    "quantization": {"bits": 4, "group_size": 64}}"#;
const WEIGHTS: &[u8] = b"0123456789";

#[test]
fn finds_every_model_folder_one_level_deep() {
    let base = folder(&[
        ("b/config.json", QWEN),
        ("b/model.safetensors", WEIGHTS),
        ("a/config.json", br#"{"model_type": "gemma3"}"#),
        ("a/model.safetensors", WEIGHTS),
        ("c/deep/config.json", QWEN),
        ("c/deep/model.safetensors", WEIGHTS),
    ]);
    let models = found(&base);
    assert_eq!(names(&models), ["a", "b"]);
    assert_eq!(models[0].architecture.as_deref(), Some("gemma3"));
    assert_eq!(models[1].architecture.as_deref(), Some("qwen3"));
}

#[test]
fn the_folders_own_model_comes_first() {
    let base = folder(&[
        ("a/config.json", QWEN),
        ("a/model.safetensors", WEIGHTS),
        ("config.json", br#"{"model_type": "llama"}"#),
        ("model.safetensors", WEIGHTS),
    ]);
    let models = found(&base);
    assert_eq!(models[0].path, base.path());
    assert_eq!(models[0].architecture.as_deref(), Some("llama"));
    assert_eq!(models[1].name, "a");
}

#[test]
fn tells_what_the_configuration_says() {
    let base = folder(&[("m/config.json", QWEN), ("m/model.safetensors", WEIGHTS)]);
    let model = only(found(&base));
    let expected = DiscoveredModel {
        name: "m".into(),
        path: base.path().join("m"),
        format: ModelFormat::Safetensors,
        source: DiscoverySource::Folder,
        architecture: Some("qwen3".into()),
        quant_bits: Some(4),
        quant_group: Some(64),
        context_length: Some(40960),
        size_bytes: 10,
        num_files: 1,
        problem: None,
    };
    assert_eq!(model, expected);
    assert!(model.path.is_absolute());
}

#[test]
fn a_model_without_quantisation_has_zero_bits() {
    let config = br#"{"model_type": "llama", "quantization": null}"#;
    let base = folder(&[("m/config.json", config), ("m/model.safetensors", WEIGHTS)]);
    let model = only(found(&base));
    assert_eq!((model.quant_bits, model.quant_group), (Some(0), None));
}

#[test]
fn the_spelling_of_transformers_is_read_too() {
    let config = br#"{"text_config": {"max_position_embeddings": 32768},
        "quantization_config": {"quant_method": "gptq", "bits": 8, "group_size": 128}}"#;
    let base = folder(&[("m/config.json", config), ("m/model.safetensors", WEIGHTS)]);
    let model = only(found(&base));
    assert_eq!((model.quant_bits, model.quant_group), (Some(8), Some(128)));
    assert_eq!(model.context_length, Some(32768));
}

#[test]
fn a_missing_architecture_is_none() {
    let base = folder(&[("m/config.json", b"{}"), ("m/model.safetensors", WEIGHTS)]);
    let model = only(found(&base));
    assert_eq!((model.architecture, model.problem), (None, None));
}

#[test]
fn a_configuration_alone_is_no_model() {
    assert!(found(&folder(&[("m/config.json", QWEN)])).is_empty());
    let bin = folder(&[("m/config.json", QWEN), ("m/pytorch_model.bin", WEIGHTS)]);
    assert!(found(&bin).is_empty());
}

#[test]
fn weights_alone_are_no_model() {
    let base = folder(&[
        ("m/model.safetensors", WEIGHTS),
        ("adapter/adapter_config.json", b"{}"),
        ("adapter/adapters.safetensors", WEIGHTS),
    ]);
    assert!(found(&base).is_empty());
}

#[test]
fn an_empty_folder_has_no_models() {
    assert!(found(&folder(&[])).is_empty());
}

#[test]
fn other_files_and_hidden_folders_are_skipped() {
    let base = folder(&[
        ("README.md", b"models"),
        ("notes.json", b"{}"),
        (".git/config.json", QWEN),
        (".git/model.safetensors", WEIGHTS),
        ("._m.gguf", b"resource fork"),
    ]);
    assert!(found(&base).is_empty());
}

#[test]
fn a_missing_folder_is_an_error() {
    let base = folder(&[]);
    let error = discover(base.path().join("gone")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("gone"), "{error}");
}

#[test]
fn a_file_instead_of_a_folder_is_an_error() {
    let base = folder(&[("file", b"")]);
    let error = discover(base.path().join("file")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn a_damaged_configuration_is_listed_with_the_problem() {
    for config in [&b"{\"model_type\": "[..], b"[]", b"\xff"] {
        let base = folder(&[("m/config.json", config), ("m/model.safetensors", WEIGHTS)]);
        let model = only(found(&base));
        check_problem(&model, "config.json");
        assert_eq!((model.architecture, model.num_files), (None, 1));
    }
}

#[test]
fn weight_files_are_counted_and_missing_ones_named() {
    let base = folder(&[
        ("whole/config.json", QWEN),
        ("whole/model-00001-of-00002.safetensors", WEIGHTS),
        ("whole/model-00002-of-00002.safetensors", WEIGHTS),
        ("half/config.json", QWEN),
        ("half/model-00001-of-00003.safetensors", WEIGHTS),
    ]);
    let models = found(&base);
    assert_eq!(names(&models), ["half", "whole"]);
    check_problem(
        &models[0],
        "2 of 3 parts are missing, the first is number 2",
    );
    assert_eq!((models[1].num_files, models[1].size_bytes), (2, 20));
    assert_eq!(models[1].problem, None);
}

#[cfg(unix)]
#[test]
fn relative_folders_give_absolute_paths() {
    let base = folder(&[("tiny.gguf", &gguf("llama"))]);
    let here = std::env::current_dir().unwrap();
    let root: std::path::PathBuf = here.components().skip(1).map(|_| "..").collect();
    let relative = root.join(base.path().strip_prefix("/").unwrap());
    let model = only(discover(&relative).unwrap());
    assert!(relative.is_relative() && model.path.is_absolute());
    assert!(discover("").is_err());
}
