//! Model folders: shards and their index.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use model_formats::{
    Dtype, SafetensorsFault, SafetensorsFolder, SafetensorsFolderWriter, SafetensorsWriter,
    TensorSpec,
};

fn specs() -> Vec<TensorSpec> {
    ["a", "b", "c", "d"]
        .map(|name| TensorSpec::new(name, Dtype::F32, [2, 2]))
        .to_vec()
}

fn write(folder: &Path, max_shard: u64) {
    let metadata = BTreeMap::new();
    let mut writer =
        SafetensorsFolderWriter::create(folder, &specs(), &metadata, max_shard).unwrap();
    for (value, spec) in specs().iter().enumerate().rev() {
        writer
            .write(&spec.name, &[u8::try_from(value).unwrap(); 16])
            .unwrap();
    }
    writer.finish().unwrap();
}

fn single(path: &Path, name: &str) {
    let tensors = [TensorSpec::new(name, Dtype::U8, [1])];
    let mut writer = SafetensorsWriter::create(path, &tensors, &BTreeMap::new()).unwrap();
    writer.write(name, &[7]).unwrap();
    writer.finish().unwrap();
}

#[track_caller]
fn refused(folder: &Path, message: &str) -> SafetensorsFault {
    let error = SafetensorsFolder::open(folder).expect_err(message);
    assert!(error.to_string().contains(message), "{error}");
    error.fault
}

#[track_caller]
fn index_refused(index: &str, message: &str) -> SafetensorsFault {
    let folder = tempfile::tempdir().unwrap();
    single(&folder.path().join("one.safetensors"), "a");
    single(&folder.path().join("two.safetensors"), "a");
    fs::write(folder.path().join("model.safetensors.index.json"), index).unwrap();
    refused(folder.path(), message)
}

#[test]
fn a_model_of_one_file_has_an_index_too() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 64);
    let index = fs::read(folder.path().join("model.safetensors.index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    let expected = serde_json::json!({
        "metadata": {"total_size": 64},
        "weight_map": {"a": "model.safetensors", "b": "model.safetensors",
                       "c": "model.safetensors", "d": "model.safetensors"},
    });
    assert_eq!(index, expected);
    let with_index = SafetensorsFolder::open(folder.path()).unwrap();
    assert_eq!(with_index.read("c").unwrap().data, [2; 16]);
    fs::remove_file(folder.path().join("model.safetensors.index.json")).unwrap();
    let without = SafetensorsFolder::open(folder.path()).unwrap();
    assert_eq!(without.read("c").unwrap().data, [2; 16]);
    assert_eq!(without.files().len(), 1);
}

#[test]
fn a_sharded_model_is_read_across_its_files() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 40);
    let model = SafetensorsFolder::open(folder.path()).unwrap();
    assert_eq!(model.files().len(), 2);
    let names: Vec<_> = model.tensors().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    for (value, name) in names.iter().enumerate() {
        let expected = [u8::try_from(value).unwrap(); 16];
        assert_eq!(model.read(name).unwrap().data, expected);
    }
    let file = model.file_of("b").unwrap().path().file_name().unwrap();
    assert_eq!(file, "model-00001-of-00002.safetensors");
    assert_eq!(model.info("d").unwrap().shape, [2, 2]);
    let error = model.read("e").unwrap_err();
    assert!(
        error.to_string().ends_with("there is no tensor e"),
        "{error}"
    );
}

#[test]
fn a_tensor_larger_than_a_shard_gets_its_own() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 1);
    assert_eq!(
        SafetensorsFolder::open(folder.path())
            .unwrap()
            .files()
            .len(),
        4
    );
}

#[test]
fn every_fault_of_an_index_is_named() {
    let map = |entries: &str| format!(r#"{{"weight_map":{{{entries}}}}}"#);
    index_refused("{", "the index of shards is malformed");
    index_refused("{}", "the index of shards is malformed");
    let fault = index_refused(
        &map(r#""a":"gone.safetensors""#),
        "the shard gone.safetensors with the tensor a is missing",
    );
    assert!(matches!(fault, SafetensorsFault::MissingShard { .. }));
    let fault = index_refused(
        &map(r#""b":"one.safetensors""#),
        "the index places b in one.safetensors, which does not have it",
    );
    assert!(matches!(fault, SafetensorsFault::MissingTensor { .. }));
    for shard in [
        "../one.safetensors",
        "/etc/passwd",
        "sub/one.safetensors",
        "",
        "..",
    ] {
        let fault = index_refused(
            &map(&format!("\"a\":{shard:?}")),
            "is not a file name in this folder",
        );
        assert!(matches!(fault, SafetensorsFault::OutsideFolder { .. }));
    }
    let folder = tempfile::tempdir().unwrap();
    single(&folder.path().join("one.safetensors"), "a");
    write_pair(&folder.path().join("two.safetensors"));
    let index = map(r#""a":"one.safetensors","b":"two.safetensors""#);
    fs::write(folder.path().join("model.safetensors.index.json"), index).unwrap();
    refused(
        folder.path(),
        "the tensor a is in one.safetensors and in two.safetensors",
    );
}

/// A file with the tensors `a` and `b`.
fn write_pair(path: &Path) {
    let tensors = ["a", "b"].map(|name| TensorSpec::new(name, Dtype::U8, [1]));
    let mut writer = SafetensorsWriter::create(path, &tensors, &BTreeMap::new()).unwrap();
    writer.write("a", &[1]).unwrap();
    writer.write("b", &[2]).unwrap();
    writer.finish().unwrap();
}

#[test]
fn a_folder_without_weights_says_what_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    refused(
        folder.path(),
        "no model.safetensors and no model.safetensors.index.json",
    );
    fs::write(folder.path().join("model.safetensors"), "").unwrap();
    refused(folder.path(), "model.safetensors: the file ends at byte 0");
}
