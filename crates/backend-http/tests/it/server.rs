//! Models of fake servers, and answers as tests look at them.

use std::time::Duration;

use backend_http::{HttpConfig, HttpTextModel};
use inference_conformance::fake_server::{FakeServer, Reply, Request};
use inference_core::{Error, GenerateOptions, Generation, GenerationError, Prompt, TextModel as _};

/// A server that gives the same reply to every request.
pub(crate) fn serve(reply: Reply) -> FakeServer {
    handle(move |_| reply.clone())
}

/// A server with a handler.
pub(crate) fn handle(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> FakeServer {
    FakeServer::tcp(handler).expect("a free port")
}

/// A configuration that does not retry.
pub(crate) fn config(server: &FakeServer) -> HttpConfig {
    HttpConfig::new(server.url()).model("m").max_retries(0)
}

/// A model of the server that does not retry.
pub(crate) fn model(server: &FakeServer) -> HttpTextModel {
    HttpTextModel::new(config(server)).expect("a model")
}

/// The whole answer to "hi" with the default options.
pub(crate) async fn ask(model: &HttpTextModel) -> Result<Generation, GenerationError> {
    ask_with(model, GenerateOptions::default()).await
}

/// The whole answer to "hi".
pub(crate) async fn ask_with(
    model: &HttpTextModel,
    options: GenerateOptions,
) -> Result<Generation, GenerationError> {
    let answer = model
        .generate(Prompt::user("hi"), options)
        .into_generation();
    soon(answer).await
}

/// The error of an answer that must fail before its first token.
pub(crate) async fn refused(config: HttpConfig) -> Error {
    let model = HttpTextModel::new(config).expect("a model");
    let failed = ask(&model).await.expect_err("a refusal");
    assert_eq!(failed.partial.text, "");
    failed.error
}

/// Waits far longer than anything here takes, but not for ever.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> T {
    let work = tokio::time::timeout(Duration::from_mins(1), work);
    work.await.expect("it takes less than a minute")
}
