//! The places where other programs keep models.

use super::*;

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
