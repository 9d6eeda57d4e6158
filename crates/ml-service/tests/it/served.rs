//! Models behind a server: a loopback one that says what it is told.

use inference_conformance::fake_server::{FakeServer, Reply, by_path, events};
use inference_core::{ErrorKind, GenerateOptions, Message};
use ml_service::Service;

use crate::folder::Folder;

/// A variable that every test has, and its value.
const VARIABLE: &str = "CARGO_PKG_NAME";

fn service(url: &str, settings: &str) -> Service {
    let text = format!("[models.served]\nbackend = 'http'\nurl = '{url}'\n{settings}\n");
    let config = Folder::new().read(&text).unwrap();
    Service::new(&config)
}

async fn answer(service: &Service) -> Result<String, inference_core::Error> {
    let messages = vec![Message::user("hello")];
    let options = GenerateOptions::default().max_tokens(8);
    let stream = service.chat(Some("served"), messages, options).await?;
    Ok(stream
        .into_generation()
        .await
        .map_err(|error| error.error)?
        .text)
}

#[tokio::test]
async fn a_served_model_answers_with_the_settings_of_the_file() {
    let server = FakeServer::tcp(|request| match request.path.as_str() {
        "/v1/chat/completions" => Reply::sse(events::chat(["Hi", " there"])),
        _ => Reply::error(404, "no such page"),
    })
    .unwrap();
    let settings = format!(
        "model = 'mine'\napi_key_env = '{VARIABLE}'\ndialect = 'vllm'\n\
         extra_body = {{ priority = 7 }}\noptions.top_k = 5\n"
    );
    let service = service(&server.url(), &settings);
    assert_eq!(answer(&service).await.unwrap(), "Hi there");

    let requests = server.requests();
    let request = requests.last().unwrap();
    let key = format!("Bearer {}", std::env::var(VARIABLE).unwrap());
    assert_eq!(request.header("authorization"), Some(key.as_str()));
    let body = request.json();
    assert_eq!(body["model"], "mine");
    assert_eq!(body["priority"], 7);
    assert_eq!(body["top_k"], 5);
    assert_eq!(body["max_tokens"], 8);
    service.close().await.unwrap();
}

#[tokio::test]
async fn a_key_that_is_not_there_is_asked_for_by_its_variable() {
    let server = FakeServer::tcp(by_path).unwrap();
    let service = service(&server.url(), "api_key_env = 'ML_SERVICE_TEST_UNSET'");
    let error = answer(&service).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert!(
        error.to_string().contains("ML_SERVICE_TEST_UNSET"),
        "{error}"
    );
    assert_eq!(server.stats().requests, 0);
    let status = service.status().await;
    let reason = status[0].availability.reason().unwrap_or_default();
    assert!(reason.contains("ML_SERVICE_TEST_UNSET"), "{status:?}");
}

#[tokio::test]
async fn status_asks_the_server() {
    let server = FakeServer::tcp(by_path).unwrap();
    let up = service(&server.url(), "");
    let status = up.status().await;
    assert!(status[0].availability.is_available(), "{status:?}");
    assert_eq!(status[0].backend.as_deref(), Some("http"));
    assert!(status[0].is_default);

    let url = server.url();
    drop(server);
    let down = service(&url, "max_retries = 0");
    let status = down.status().await;
    let reason = status[0].availability.reason().unwrap_or_default();
    assert!(reason.contains(&url), "{status:?}");
}

#[tokio::test]
async fn a_load_option_that_a_server_cannot_honour_is_refused_by_name() {
    let server = FakeServer::tcp(by_path).unwrap();
    let service = service(&server.url(), "context_length = 64");
    let error = answer(&service).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("context_length"), "{error}");
}

#[test]
fn the_backend_is_in_this_build_and_ready() {
    let backends = ml_service::backends();
    let http = backends
        .iter()
        .find(|backend| backend.name == "http")
        .unwrap();
    assert!(http.compiled_in && http.availability.is_available());
    assert!(ml_service::registry().get("http").is_some());
}
