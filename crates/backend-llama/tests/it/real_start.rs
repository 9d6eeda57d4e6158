//! How the real llama-server starts, and every way in which it does not.

use std::fs;
use std::path::{Path, PathBuf};

use backend_llama::{LlamaServer, LoraAdapter, ModelProblem, StartError, StartErrorKind};
use tempfile::TempDir;

use crate::support::{n, real, write_program};

async fn start(config: backend_llama::LlamaConfig) -> Result<(), StartError> {
    LlamaServer::new(config).ready().await.map(|_| ())
}

#[tokio::test]
async fn the_model_answers_as_configured() {
    let server = LlamaServer::new(real());
    let instance = server.ready().await.unwrap();
    assert_eq!(instance.alias(), "SmolLM2-135M-Instruct.Q4_1");
    let props = instance.props();
    assert_eq!(
        props.context_length(),
        Some(2048),
        "each slot has the whole context"
    );
    assert_eq!(props.slots, Some(2));
    assert!(props.chat_template.contains("<|im_start|>"));
    assert!(props.build.is_some());
}

/// A model file made from the real one.
struct Model {
    folder: TempDir,
}

impl Model {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

async fn refused(path: &Path, expected: ModelProblem) {
    let mut config = real();
    config.model = path.to_owned();
    let error = start(config).await.unwrap_err();
    let StartErrorKind::Model {
        path: named,
        problem,
        ..
    } = error.kind()
    else {
        panic!("{error}");
    };
    assert_eq!((named.as_path(), *problem), (path, expected), "{error}");
    assert!(
        error
            .last_lines()
            .iter()
            .any(|line| line.contains("exiting due to model loading"))
    );
}

#[tokio::test]
async fn each_kind_of_broken_model_is_told() {
    let whole = fs::read(real().model).unwrap();
    let model = Model::new();
    fs::create_dir(model.path("folder.gguf")).unwrap();
    let mut future = whole[..100_000].to_vec();
    future[4] = 99;

    refused(&model.path("missing.gguf"), ModelProblem::Missing).await;
    refused(&model.path("folder.gguf"), ModelProblem::NotGguf).await;
    refused(&model.file("empty.gguf", b""), ModelProblem::NotGguf).await;
    refused(
        &model.file("text.gguf", b"this is no model"),
        ModelProblem::NotGguf,
    )
    .await;
    refused(&model.file("future.gguf", &future), ModelProblem::Version).await;
    refused(
        &model.file("header.gguf", &whole[..2_000]),
        ModelProblem::Damaged,
    )
    .await;
    refused(
        &model.file("half.gguf", &whole[..whole.len() / 2]),
        ModelProblem::Damaged,
    )
    .await;
}

#[tokio::test]
async fn a_path_with_odd_characters_is_no_obstacle() {
    let model = Model::new();
    let odd = model.path("a model, with: \"odd\" $(characters) ü.gguf");
    fs::hard_link(real().model, &odd)
        .or_else(|_| fs::copy(real().model, &odd).map(|_| ()))
        .unwrap();
    let mut config = real();
    config.model = odd;
    start(config).await.unwrap();
}

#[tokio::test]
async fn an_unknown_argument_is_told() {
    let error = start(real().with_extra_args(["--no-such-argument"]))
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), StartErrorKind::Argument { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("--no-such-argument"), "{error}");

    let error = start(real().with_extra_args(["--batch-size", "many"]))
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), StartErrorKind::Argument { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("--batch-size"), "{error}");
}

#[tokio::test]
async fn what_is_no_adapter_is_told() {
    for path in [
        Path::new("/nowhere/adapter.gguf"),
        Path::new("/dev/null"),
        &real().model,
    ] {
        let error = start(real().with_adapter(LoraAdapter::new(path)))
            .await
            .unwrap_err();
        assert!(
            matches!(error.kind(), StartErrorKind::Adapter { .. }),
            "{path:?}: {error}"
        );
    }
}

/// The limit stands for a machine that has no more.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn too_little_memory_is_told() {
    let config = real().with_context_length(n(8192));
    let folder = tempfile::tempdir().unwrap();
    let wrapper = folder.path().join("llama-server");
    let binary = config.binary.as_ref().unwrap().display();
    let script = format!("#!/bin/sh\nulimit -v 600000\nexec '{binary}' \"$@\"\n");
    write_program(&wrapper, &script);
    let error = start(config.with_binary(&wrapper)).await.unwrap_err();
    assert!(
        matches!(error.kind(), StartErrorKind::OutOfMemory { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("context_length"), "{error}");
}

#[tokio::test]
async fn a_server_that_starts_as_a_router_is_refused() {
    // What a wrapper that drops its arguments would do.
    let config = real();
    let folder = tempfile::tempdir().unwrap();
    let wrapper = folder.path().join("llama-server");
    write_program(
        &wrapper,
        &format!(
            "#!/bin/sh\nwhile [ \"$1\" != --host ]; do shift; done\nexec '{}' --host \"$2\"\n",
            config.binary.as_ref().unwrap().display()
        ),
    );
    let error = start(config.with_binary(&wrapper)).await.unwrap_err();
    assert!(matches!(error.kind(), StartErrorKind::Router), "{error}");
}
