//! What a server tells of itself: models, dialect, readiness; and the loader that uses it.

use std::sync::Arc;
use std::time::Duration;

use backend_http::{Dialect, HttpConfig, HttpLoader, HttpTextModel};
use inference_conformance::fake_server::{FakeServer, Reply, Request, events};
use inference_core::{
    ErrorKind, LoadOptions, ModelLoader as _, ModelSource, Registry, TextModel as _,
};

use crate::recording::Recording;
use crate::server::{ask, config, handle, model, serve, soon};

/// A server with this list of models that answers every chat.
fn server(models: &'static str) -> FakeServer {
    handle(move |request: &Request| match request.path.as_str() {
        "/v1/models" => Reply::json(200, models),
        _ => Reply::sse(events::chat(["a"])),
    })
}

#[tokio::test]
async fn the_models_of_a_real_server_are_listed() {
    let server = serve(Recording::read("v1_models").reply());
    let models = soon(model(&server).list_models()).await.expect("a list");
    assert!(models[0].id.ends_with("SmolLM2-135M-Instruct.Q4_1.gguf"));
    assert_eq!(models[0].context_length(), Some(2048));
    let request = &server.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("GET", "/v1/models")
    );
}

#[tokio::test]
async fn connecting_finds_dialect_model_and_context() {
    let server = serve(Recording::read("v1_models").reply());
    let model = soon(HttpTextModel::connect(HttpConfig::new(server.url())))
        .await
        .expect("a model");
    assert_eq!(model.dialect(), Dialect::LlamaServer);
    assert_eq!(model.info().context_length, Some(2048));
    assert_eq!(model.info().vocab_size, Some(49152));
    assert!(model.info().name.contains("SmolLM2"));
}

#[tokio::test]
async fn a_configured_dialect_is_kept() {
    let server = serve(Recording::read("v1_models").reply());
    let config = HttpConfig::new(server.url())
        .dialect(Dialect::Vllm)
        .model("other");
    let error = soon(HttpTextModel::connect(config))
        .await
        .expect_err("no such model");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let config = HttpConfig::new(server.url()).dialect(Dialect::Vllm);
    let model = soon(HttpTextModel::connect(config)).await.expect("a model");
    assert_eq!(model.dialect(), Dialect::Vllm);
}

#[tokio::test]
async fn a_model_that_is_not_there_is_refused_with_those_that_are() {
    let server = server(r#"{"data":[{"id":"a","owned_by":"vllm"},{"id":"b","owned_by":"vllm"}]}"#);
    let config = || HttpConfig::new(server.url());
    let error = soon(HttpTextModel::connect(config().model("c")))
        .await
        .expect_err("missing");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("\"c\": there is a, b"), "{error}");
    let error = soon(HttpTextModel::connect(config()))
        .await
        .expect_err("which?");
    assert!(error.message().contains("name one of a, b"), "{error}");
    let model = soon(HttpTextModel::connect(config().model("b")))
        .await
        .expect("a model");
    ask(&model).await.expect("an answer");
    assert_eq!(
        server.requests().last().expect("a request").json()["model"],
        "b"
    );
}

#[tokio::test]
async fn a_server_without_a_list_is_a_strict_one() {
    let server = handle(|request: &Request| match request.path.as_str() {
        "/v1/models" => Reply::error(404, "no such path"),
        _ => Reply::sse(events::chat(["a"])),
    });
    let model = soon(HttpTextModel::connect(HttpConfig::new(server.url())))
        .await
        .expect("a model");
    assert_eq!(model.dialect(), Dialect::OpenAi);
    ask(&model).await.expect("an answer");
    let error = soon(model.list_models()).await.expect_err("no list");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn connecting_waits_for_a_server_that_loads() {
    let loading = Recording::read("loading_models");
    let ready = Recording::read("v1_models");
    let server = handle(inference_conformance::fake_server::in_turn([
        loading.reply(),
        loading.reply(),
        ready.reply(),
    ]));
    soon(HttpTextModel::connect(HttpConfig::new(server.url())))
        .await
        .expect("a model");
    assert_eq!(server.stats().requests, 3);
    let server = serve(loading.reply());
    let config = HttpConfig::new(server.url()).loading_patience(Duration::from_millis(200));
    let error = soon(HttpTextModel::connect(config))
        .await
        .expect_err("still loading");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn what_is_no_api_is_refused_with_the_reason() {
    for (reply, says) in [
        (
            Reply::text(200, "text/html", "<html><title>Router</title>"),
            "\"Router\"",
        ),
        (Reply::json(200, r#"{"status":"ok"}"#), "no list of models"),
        (Reply::error(401, "wrong key"), "API key"),
    ] {
        let server = serve(reply);
        let error = soon(HttpTextModel::connect(HttpConfig::new(server.url()))).await;
        let error = error.expect_err(says);
        assert!(error.message().contains(says), "{error}");
        assert_eq!(error.backend(), Some("http"));
    }
}

#[tokio::test]
async fn availability_says_why_not() {
    let server = serve(Recording::read("health_loading").reply());
    let model = HttpTextModel::new(config(&server).dialect(Dialect::LlamaServer)).expect("a model");
    let loading = soon(model.availability()).await;
    assert!(
        loading.reason().expect("loading").contains("still loading"),
        "{loading}"
    );
    assert_eq!(server.requests()[0].path, "/health");
    model.close().await.expect("closed");
    let closed = soon(model.availability()).await;
    assert!(
        closed.reason().expect("closed").contains("closed"),
        "{closed}"
    );
}

#[tokio::test]
async fn the_registry_loads_models_of_servers() {
    let server = server(r#"{"data":[{"id":"a","owned_by":"vllm"}]}"#);
    let registry = Registry::new().with(HttpLoader::new());
    let source = |model: Option<&str>| ModelSource::Server {
        url: server.url(),
        model: model.map(str::to_owned),
    };
    let model = soon(registry.load(source(None), LoadOptions::default()))
        .await
        .expect("a model");
    assert_eq!(model.info().name, "a");
    let error = soon(registry.load(source(Some("b")), LoadOptions::default())).await;
    assert_eq!(error.err().expect("missing").kind(), ErrorKind::NotFound);

    let options = LoadOptions::default().with_gpu_layers(3);
    let error = soon(registry.load(source(None), options))
        .await
        .err()
        .expect("refused");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("gpu_layers"), "{error}");

    let path = ModelSource::Path("/models/a.gguf".into());
    assert!(!HttpLoader::new().accepts(&path));
    let error = soon(HttpLoader::new().load(path, LoadOptions::default())).await;
    assert_eq!(error.err().expect("refused").kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_loaders_template_gives_the_key_and_the_rest() {
    let server = server(r#"{"data":[{"id":"a"}]}"#);
    let loader = HttpLoader::with_config(HttpConfig::new("").api_key("sk-1"));
    let source = ModelSource::Server {
        url: server.url(),
        model: None,
    };
    let phases = Arc::new(std::sync::Mutex::new(Vec::new()));
    let options = LoadOptions::default().with_progress({
        let phases = Arc::clone(&phases);
        move |progress| phases.lock().expect("no panic").push(progress.phase)
    });
    soon(loader.load(source, options)).await.expect("a model");
    assert_eq!(
        server.requests()[0].header("authorization"),
        Some("Bearer sk-1")
    );
    assert!(phases.lock().expect("no panic")[0].starts_with("connecting to http://"));
}
