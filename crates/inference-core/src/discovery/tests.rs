//! Folders, caches and places, as they are on real machines.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::walk::Walk;
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

#[cfg(unix)]
#[test]
fn symbolic_links_are_followed_once_and_broken_ones_are_listed() {
    use std::os::unix::fs::symlink;

    let base = folder(&[("m/config.json", QWEN), ("m/model.safetensors", WEIGHTS)]);
    let link = |to: &str, name| symlink(base.path().join(to), base.path().join(name)).unwrap();
    link(".", "loop");
    link("self", "self");
    link("gone.gguf", "broken.gguf");
    link("m", "n");
    let models = found(&base);
    // The loop shows the folder once more, and no deeper.
    assert_eq!(names(&models), ["broken", "broken", "m", "n", "self"]);
}

#[test]
fn too_many_entries_end_the_walk_and_are_told() {
    let base = folder(&[
        ("a.gguf", &gguf("llama")),
        ("b.gguf", &gguf("llama")),
        ("c.gguf", &gguf("llama")),
    ]);
    let mut walk = Walk::with_limit(DiscoverySource::Folder, 2);
    walk.models_below(base.path(), "").unwrap();
    let models = walk.finish();
    assert_eq!(models.len(), 3);
    check_problem(&models[2], "holds too much");
    assert_eq!(models[2].format, ModelFormat::Unknown);
}

#[test]
fn a_subfolder_that_cannot_be_read_is_listed() {
    let mut walk = Walk::new(DiscoverySource::Folder);
    walk.attempt(Path::new("/m/secret"), |_| {
        Err(std::io::ErrorKind::PermissionDenied.into())
    });
    let model = only(walk.finish());
    assert_eq!(model.name, "secret");
    check_problem(&model, "permission denied");
}

#[test]
fn the_hugging_face_cache_is_read_in_the_revision_of_main() {
    let hub = folder(&[
        ("models--Qwen--Qwen3-0.6B/refs/main", b"abc123\n"),
        (
            "models--Qwen--Qwen3-0.6B/snapshots/abc123/config.json",
            QWEN,
        ),
        (
            "models--Qwen--Qwen3-0.6B/snapshots/abc123/model.safetensors",
            WEIGHTS,
        ),
        ("models--Qwen--Qwen3-0.6B/snapshots/old/config.json", QWEN),
        (
            "models--Qwen--Qwen3-0.6B/snapshots/old/model.safetensors",
            b"",
        ),
        (
            "models--TheOrg--tiny-GGUF/snapshots/only/tiny.gguf",
            &gguf("llama"),
        ),
        (
            "models--TheOrg--tiny-GGUF/snapshots/only/Q8/big.gguf",
            &gguf("llama"),
        ),
        ("models--TheOrg--tiny-GGUF/refs/main", b"../../escape"),
        ("models--gpt2/refs/main", b"gone"),
        ("datasets--some--data/snapshots/x/config.json", QWEN),
        (".locks/x", b""),
    ]);
    let places = Places {
        hugging_face: Some(hub.path().to_owned()),
        ..Places::default()
    };
    let models = places.discover();
    assert_eq!(
        names(&models),
        [
            "Qwen/Qwen3-0.6B",
            "TheOrg/tiny-GGUF/tiny",
            "TheOrg/tiny-GGUF/big"
        ]
    );
    assert!(models[0].path.ends_with("snapshots/abc123"));
    assert_eq!(models[0].source, DiscoverySource::HuggingFaceCache);
}

#[cfg(unix)]
#[test]
fn an_unfinished_download_is_a_problem() {
    let hub = folder(&[("models--a--b/snapshots/r/config.json", QWEN)]);
    let weights = hub
        .path()
        .join("models--a--b/snapshots/r/model.safetensors");
    std::os::unix::fs::symlink("../../blobs/gone", weights).unwrap();
    let places = Places {
        hugging_face: Some(hub.path().to_owned()),
        ..Places::default()
    };
    check_problem(&only(places.discover()), "model.safetensors cannot be read");
}

#[test]
fn the_newest_snapshot_is_read_where_main_is_unknown() {
    let hub = folder(&[
        ("models--a--b/snapshots/old/x.gguf", &gguf("llama")),
        ("models--a--b/snapshots/new/y.gguf", &gguf("llama")),
    ]);
    let old = hub.path().join("models--a--b/snapshots/old");
    fs::File::open(old)
        .unwrap()
        .set_modified(std::time::UNIX_EPOCH)
        .unwrap();
    let places = Places {
        hugging_face: Some(hub.path().to_owned()),
        ..Places::default()
    };
    assert_eq!(only(places.discover()).name, "a/b/y");
}

#[test]
fn lm_studio_keeps_publishers_and_models() {
    let studio = folder(&[
        (
            "lmstudio-community/Tiny-GGUF/Tiny-Q4_K_M.gguf",
            &gguf("llama"),
        ),
        ("mlx-community/Qwen3-4bit/config.json", QWEN),
        ("mlx-community/Qwen3-4bit/model.safetensors", WEIGHTS),
        ("stray.gguf", b""),
    ]);
    let places = Places {
        lm_studio: vec![studio.path().to_owned()],
        ..Places::default()
    };
    let models = places.discover();
    assert_eq!(
        names(&models),
        [
            "lmstudio-community/Tiny-GGUF/Tiny-Q4_K_M",
            "mlx-community/Qwen3-4bit"
        ]
    );
    assert_eq!(models[0].source, DiscoverySource::LmStudio);
}

fn manifest(digest: &str, size: usize) -> Vec<u8> {
    format!(
        r#"{{"schemaVersion": 2, "layers": [
            {{"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:0", "size": 1}},
            {{"mediaType": "application/vnd.ollama.image.model", "digest": "{digest}", "size": {size}}}
        ]}}"#
    )
    .into_bytes()
}

#[test]
fn ollama_manifests_lead_to_blobs() {
    let hash = "ab".repeat(32);
    let blob = gguf("llama");
    let good = manifest(&format!("sha256:{hash}"), blob.len());
    let ollama = folder(&[
        (&format!("blobs/sha256-{hash}"), &blob),
        ("manifests/hf.co/org/tiny-GGUF/Q4_K_M", &good),
        (
            "manifests/registry.ollama.ai/library/cloud/1t",
            b"{\"layers\": []}",
        ),
        (
            "manifests/registry.ollama.ai/library/cut/1b",
            &manifest(&format!("sha256:{hash}"), 999),
        ),
        (
            "manifests/registry.ollama.ai/library/evil/1b",
            &manifest("sha256:../../etc/passwd", 1),
        ),
        (
            "manifests/registry.ollama.ai/library/gone/1b",
            &manifest(&format!("sha256:{}", "cd".repeat(32)), 1),
        ),
        ("manifests/registry.ollama.ai/library/junk/1b", b"<html>"),
        ("manifests/registry.ollama.ai/library/llama3.2/1b", &good),
        ("manifests/registry.ollama.ai/someone/mine/latest", &good),
        ("manifests/too-shallow", &good),
    ]);
    let places = Places {
        ollama: Some(ollama.path().to_owned()),
        ..Places::default()
    };
    let models = places.discover();
    assert_eq!(
        names(&models),
        [
            "hf.co/org/tiny-GGUF:Q4_K_M",
            "cut:1b",
            "evil:1b",
            "gone:1b",
            "junk:1b",
            "llama3.2:1b",
            "someone/mine:latest",
        ]
    );
    assert_eq!(
        models[5].path,
        ollama.path().join(format!("blobs/sha256-{hash}"))
    );
    assert_eq!(models[5].architecture.as_deref(), Some("llama"));
    assert_eq!((models[5].num_files, models[5].problem.clone()), (1, None));
    check_problem(&models[1], "instead of 999");
    check_problem(&models[2], "no valid digest");
    check_problem(&models[3], "cannot be read");
    check_problem(&models[4], "the manifest is not valid");
}

#[test]
fn places_that_do_not_exist_have_no_models() {
    let base = folder(&[("ml/models/tiny.gguf", &gguf("llama"))]);
    let places = Places::from_vars(|name| match name {
        "HOME" => Some(base.path().into()),
        "ML_CACHE" => Some(base.path().join("ml").into()),
        _ => None,
    });
    let model = only(places.discover());
    assert_eq!(
        (model.name.as_str(), model.source),
        ("tiny", DiscoverySource::MlCache)
    );
}

#[test]
fn the_environment_names_the_places() {
    let home = Places::from_vars(|name| (name == "HOME").then(|| "/home/me".into()));
    let expected = Places {
        ml_cache: Some("/home/me/.cache/ml/models".into()),
        hugging_face: Some("/home/me/.cache/huggingface/hub".into()),
        lm_studio: vec![
            "/home/me/.lmstudio/models".into(),
            "/home/me/.cache/lm-studio/models".into(),
        ],
        ollama: Some("/home/me/.ollama/models".into()),
    };
    assert_eq!(home, expected);
    let named = Places::from_vars(|name| match name {
        "XDG_CACHE_HOME" => Some("/cache".into()),
        "HF_HOME" => Some("/hf".into()),
        "OLLAMA_MODELS" => Some("/ollama".into()),
        "HF_HUB_CACHE" => Some("".into()),
        _ => None,
    });
    let expected = Places {
        ml_cache: Some("/cache/ml/models".into()),
        hugging_face: Some("/hf/hub".into()),
        lm_studio: Vec::new(),
        ollama: Some("/ollama".into()),
    };
    assert_eq!(named, expected);
    assert_eq!(Places::from_vars(|_| None), Places::default());
}
