//! Repositories as they are.

use super::super::digest::Digest;
use super::*;

fn repository(paths: &[&str]) -> Vec<RepoFile> {
    let file = |path: &&str| RepoFile {
        path: (*path).to_owned(),
        size: 10,
        digest: Digest::GitBlob([0; 20]),
    };
    paths.iter().map(file).collect()
}

fn chosen(paths: &[&str], wanted: Option<&str>) -> Result<(PulledKind, Vec<String>), HubError> {
    let selection = select("o/n", &repository(paths), wanted)?;
    let files = selection.files.into_iter().map(|file| file.path);
    Ok((selection.kind, files.collect()))
}

#[track_caller]
fn check(paths: &[&str], wanted: Option<&str>, kind: PulledKind, expected: &[&str]) {
    let (found, files) = chosen(paths, wanted).expect("a selection");
    assert_eq!(
        (found, files),
        (kind, expected.iter().map(ToString::to_string).collect())
    );
}

#[track_caller]
fn check_choice(paths: &[&str], wanted: Option<&str>, expected: &[(&str, u64, usize)]) {
    let Err(HubError::Choose { choices, .. }) = chosen(paths, wanted) else {
        panic!("no choice");
    };
    let found: Vec<_> = choices
        .iter()
        .map(|choice| (choice.file.as_str(), choice.bytes, choice.parts))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_model_folder_comes_without_the_same_in_other_formats() {
    check(
        &[
            ".gitattributes",
            "README.md",
            "chat_template.jinja",
            "config.json",
            "consolidated.safetensors",
            "generation_config.json",
            "merges.txt",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
            "onnx/model.onnx",
            "original/consolidated.00.pth",
            "pytorch_model.bin",
            "pytorch_model.bin.index.json",
            "tf_model.h5",
            "tokenizer.json",
            "tokenizer.model",
            "tokenizer_config.json",
            "x-Q4_0.gguf",
        ],
        None,
        PulledKind::Folder,
        &[
            "chat_template.jinja",
            "config.json",
            "generation_config.json",
            "merges.txt",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
            "tokenizer.json",
            "tokenizer.model",
            "tokenizer_config.json",
        ],
    );
}

#[test]
fn weights_of_any_name_will_do() {
    let files = [
        "config.json",
        "weights.00.safetensors",
        "weights.01.safetensors",
    ];
    check(&files, None, PulledKind::Folder, &files);
    let files = ["config.json", "consolidated.safetensors"];
    check(&files, None, PulledKind::Folder, &files);
}

#[test]
fn an_adapter_is_known_by_its_configuration() {
    let files = ["adapter_config.json", "adapter_model.safetensors"];
    check(&files, None, PulledKind::Adapter, &files);
}

#[test]
fn the_only_gguf_file_needs_no_choice() {
    let files = ["README.md", "m-Q4_0.gguf", "config.json"];
    check(&files, None, PulledKind::Gguf, &["m-Q4_0.gguf"]);
    let parts = ["q/m-00001-of-00002.gguf", "q/m-00002-of-00002.gguf"];
    check(&parts, None, PulledKind::Gguf, &parts);
}

#[test]
fn several_gguf_files_are_a_choice_with_sizes() {
    let files = [
        "m-Q4_0.gguf",
        "m-Q8_0-00001-of-00002.gguf",
        "m-Q8_0-00002-of-00002.gguf",
        "mmproj-f16.gguf",
    ];
    let choices = [
        ("m-Q4_0.gguf", 10, 1),
        ("m-Q8_0-00001-of-00002.gguf", 20, 2),
        ("mmproj-f16.gguf", 10, 1),
    ];
    check_choice(&files, None, &choices);
    check(&files, Some("Q4_0"), PulledKind::Gguf, &files[..1]);
    check(
        &files,
        Some("m-Q8_0-00002-of-00002.gguf"),
        PulledKind::Gguf,
        &files[1..3],
    );
    check(&files, Some("q8_0"), PulledKind::Gguf, &files[1..3]);
    check(
        &files,
        Some("mmproj-f16.gguf"),
        PulledKind::File,
        &files[3..],
    );
}

#[test]
fn a_name_that_fits_several_files_is_a_choice_too() {
    let files = ["a/m.gguf", "b/m.gguf", "m.gguf"];
    check(&files, Some("m.gguf"), PulledKind::Gguf, &["m.gguf"]);
    check(&files, Some("a/m.gguf"), PulledKind::Gguf, &["a/m.gguf"]);
    check_choice(
        &files[..2],
        Some("m.gguf"),
        &[("a/m.gguf", 10, 1), ("b/m.gguf", 10, 1)],
    );
}

#[test]
fn any_single_file_can_be_asked_for() {
    let files = ["config.json", "model.safetensors", "pytorch_model.bin"];
    check(
        &files,
        Some("config.json"),
        PulledKind::File,
        &["config.json"],
    );
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    let error = chosen(&["pytorch_model.bin"], None).expect_err("nothing");
    let said = error.to_string();
    assert!(
        said.contains("GGUF") && said.contains("pytorch_model.bin"),
        "{said}"
    );
    let error = chosen(&["m.gguf"], Some("n.gguf")).expect_err("no such file");
    let said = error.to_string();
    assert!(said.contains("n.gguf") && said.contains("m.gguf"), "{said}");
    assert!(matches!(
        chosen(&[], None),
        Err(HubError::NothingToPull { .. })
    ));
}

#[test]
fn a_split_file_must_be_whole() {
    let files = ["m-00001-of-00003.gguf", "m-00003-of-00003.gguf"];
    let error = chosen(&files, None).expect_err("a part is missing");
    assert!(
        matches!(
            error,
            HubError::PartsMissing {
                missing: 1,
                count: 3,
                ..
            }
        ),
        "{error}"
    );
}
