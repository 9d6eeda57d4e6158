//! GGUF files converted to folders.

use std::fs;
use std::path::Path;

use model_formats::{
    ConvertError, ConvertFault, Dtype, FolderConversion, GgufFault, GgufModel, Precision,
    SafetensorsFolder, gguf_to_folder,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::gguf_blocks::tiny_llama;
use crate::gguf_bytes::{GgufBytes, f32s};

fn convert(file: &GgufBytes, folder: &Path, precision: Precision) -> Result<(), ConvertError> {
    let (_folder, path) = file.save();
    gguf_to_folder(path, folder, precision, |_| ())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_folder_has_all_that_the_model_tells() {
    let golden = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/gguf_models/llama_mixed.gguf"
    );
    let parent = TempDir::new().unwrap();
    let out = parent.path().join("out");
    let mut last = None;
    gguf_to_folder(golden, &out, Precision::Bf16, |progress| {
        let before = last.replace((progress.weight.to_owned(), progress.read));
        assert!(before.is_none_or(|(_, read)| read < progress.read));
        assert!(progress.read <= progress.total);
    })
    .unwrap();
    assert_eq!(last.unwrap().0, "model.norm.weight");
    assert_eq!(names(parent.path()), ["out"]);
    let files = [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ];
    assert_eq!(names(&out), files);
    let model = GgufModel::open(golden, Precision::Bf16).unwrap();
    assert_eq!(&json(&out.join("config.json")), model.config());
    assert_eq!(
        json(&out.join("generation_config.json")),
        model.generation_config()
    );
    assert_eq!(
        json(&out.join("tokenizer.json")),
        model.tokenizer().unwrap()
    );
    assert_eq!(
        json(&out.join("tokenizer_config.json")),
        model.tokenizer_config()
    );
    let folder = SafetensorsFolder::open(&out).unwrap();
    let mut count = 0;
    for weight in model.weights() {
        for (name, tensor) in model.read(&weight.name).unwrap() {
            assert_eq!(folder.read(&name).unwrap(), tensor, "{name}");
            count += 1;
        }
    }
    assert_eq!(folder.tensors().count(), count);
}

#[test]
fn a_converted_folder_can_be_converted_on() {
    let golden = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/gguf_models/llama_mixed.gguf"
    );
    let parent = TempDir::new().unwrap();
    let [quantised, dense] = ["quantised", "dense"].map(|name| parent.path().join(name));
    gguf_to_folder(golden, &quantised, Precision::F32, |_| ()).unwrap();
    let to_dense = FolderConversion {
        dtype: Some(Dtype::F32),
        quantization: None,
    };
    to_dense.run(&quantised, &dense, |_| ()).unwrap();
    let folder = SafetensorsFolder::open(&dense).unwrap();
    for (name, info) in folder.tensors() {
        assert_eq!(info.dtype, Dtype::F32, "{name}");
    }
}

#[test]
fn what_is_there_is_left_alone() {
    let parent = TempDir::new().unwrap();
    let mine = parent.path().join("mine");
    fs::create_dir(&mine).unwrap();
    fs::write(mine.join("notes"), "mine").unwrap();
    let error = convert(&tiny_llama(), &mine, Precision::AsStored).unwrap_err();
    assert!(matches!(error.fault, ConvertFault::Exists), "{error}");
    assert_eq!(error.path, mine);
    assert_eq!(names(&mine), ["notes"]);
    assert_eq!(names(parent.path()), ["mine"]);
    let empty = parent.path().join("empty");
    fs::create_dir(&empty).unwrap();
    convert(&tiny_llama(), &empty, Precision::AsStored).unwrap();
    assert_eq!(names(&empty).len(), 6);
}

#[test]
fn after_an_error_nothing_is_left() {
    let parent = TempDir::new().unwrap();
    let out = parent.path().join("out");
    // The last of the weights does not fit.
    let beyond = tiny_llama().without_tensor("output_norm.weight").tensor(
        "output_norm.weight",
        &[4],
        0,
        &f32s(&[1e30; 4]),
    );
    let error = convert(&beyond, &out, Precision::F16).unwrap_err();
    let ConvertFault::Gguf(fault) = &error.fault else {
        panic!("{error:?}");
    };
    assert!(matches!(**fault, GgufFault::Overflow { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("model.gguf: the tensor output_norm.weight has"),
        "{error}"
    );
    let unknown = tiny_llama().text("tokenizer.ggml.pre", "bloom");
    convert(&unknown, &out, Precision::F16).unwrap_err();
    let missing = parent.path().join("absent/out");
    let error = convert(&tiny_llama(), &missing, Precision::F16).unwrap_err();
    assert!(matches!(error.fault, ConvertFault::Io(_)), "{error:?}");
    assert!(names(parent.path()).is_empty());
}
