//! What becomes of running answers when the service's models change.

use std::sync::Arc;

use futures::StreamExt as _;
use inference_conformance::{Script, ScriptedModel};
use inference_core::{EntryPoint, ErrorKind, Event, GenerateOptions, Prompt, TokenStream};
use ml_service::{Config, Service};

/// A service with a model that never stops talking by itself.
async fn service() -> (Arc<ScriptedModel>, Service) {
    let script = Script::new(["on ", "and "]).endlessly();
    let model = Arc::new(ScriptedModel::new("talker").otherwise(script));
    let service = Service::new(&Config::default());
    let shared = Arc::clone(&model);
    service.replace_loaded("talker", shared).await.unwrap();
    (model, service)
}

async fn ask(service: &Service) -> TokenStream {
    let options = GenerateOptions::default().max_tokens(1_000_000);
    let prompt = Prompt::user("talk");
    let stream = service.generate(Some("talker"), prompt, options, EntryPoint::Library);
    let mut stream = stream.await.unwrap();
    let first = stream.next().await.unwrap().unwrap();
    assert!(matches!(first, Event::Token(token) if token.text == "on "));
    stream
}

/// Waits until the stream ends and returns its error.
async fn end(mut stream: TokenStream) -> ErrorKind {
    loop {
        match stream.next().await {
            Some(Ok(Event::Token(_))) => {}
            Some(Err(error)) => return error.kind(),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_model_that_goes_ends_its_answers_with_closed() {
    let (_, service) = service().await;
    let stream = ask(&service).await;
    assert!(service.remove("talker").await.unwrap());
    assert_eq!(end(stream).await, ErrorKind::Closed);

    let (_, service) = self::service().await;
    let stream = ask(&service).await;
    service.close().await.unwrap();
    assert_eq!(end(stream).await, ErrorKind::Closed);
}

#[tokio::test]
async fn an_answer_outlives_the_service_that_gave_it() {
    let (_, service) = service().await;
    let mut stream = ask(&service).await;
    drop(service);
    assert!(matches!(stream.next().await, Some(Ok(Event::Token(_)))));
}

#[tokio::test]
async fn dropping_an_answer_cancels_it() {
    let (model, service) = service().await;
    let stream = ask(&service).await;
    assert_eq!(model.activity().generating, 1);
    drop(stream);
    assert_eq!(model.activity().generating, 0);
}
