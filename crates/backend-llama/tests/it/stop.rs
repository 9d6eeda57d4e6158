//! Stops: asked politely first, never for long.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use backend_llama::{Instance, LlamaServer, StartErrorKind};
use rustix::process::Signal;
use secrecy::ExposeSecret;

use crate::support::{SOON, fake, freeze, gone, kind, real};

#[tokio::test]
async fn a_stop_waits_until_nothing_is_left_and_may_be_repeated() {
    let server = LlamaServer::new(real());
    server.stop().await;
    let first = server.ready().await.unwrap();
    server.stop().await;
    assert_eq!(
        first.exit().unwrap().code(),
        Some(0),
        "an idle server ends by itself"
    );
    gone(first.id(), first.socket().parent().unwrap(), Duration::ZERO);
    server.stop().await;

    let second = server.ready().await.unwrap();
    assert_ne!(first.id(), second.id());
    assert_ne!(first.socket(), second.socket());
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_ignores_the_request_is_killed_after_the_grace() {
    let grace = Duration::from_millis(200);
    let server = LlamaServer::new(fake(&["--fake-ignore-term"]).with_stop_grace(grace));
    let instance = server.ready().await.unwrap();
    let start = Instant::now();
    server.stop().await;
    assert!(start.elapsed() >= grace);
    assert_eq!(
        instance.exit().unwrap().signal(),
        Some(Signal::KILL.as_raw())
    );
}

#[tokio::test]
async fn a_frozen_server_is_killed_after_the_grace() {
    let server = LlamaServer::new(fake(&[]).with_stop_grace(Duration::from_millis(100)));
    let instance = server.ready().await.unwrap();
    freeze(instance.id());
    server.stop().await;
    let status = instance.exit().unwrap().status.unwrap();
    assert_eq!(status.signal(), Some(Signal::KILL.as_raw()));
}

#[tokio::test]
async fn a_start_in_progress_is_stopped() {
    let server = LlamaServer::new(fake(&["--fake-load", "forever"]));
    let mut start = Box::pin(server.ready());
    assert!(futures::poll!(&mut start).is_pending());
    server.stop().await;
    assert!(matches!(kind(start.await), StartErrorKind::Stopped));
    assert!(server.running().is_none());
}

#[tokio::test]
async fn a_stop_in_the_middle_of_an_answer_does_not_wait_for_its_end() {
    let server = LlamaServer::new(real().with_stop_grace(SOON));
    let instance = server.ready().await.unwrap();
    let mut answer = endless_answer(&instance).await;
    let closing = instance.closing().clone();
    let reader = tokio::spawn(async move {
        tokio::select! {
            () = closing.cancelled() => {}
            () = async { while answer.chunk().await.unwrap().is_some() {} } => panic!("it ended"),
        }
    });
    let start = Instant::now();
    server.stop().await;
    reader.await.unwrap();
    assert_eq!(instance.exit().unwrap().code(), Some(0));
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_reader_that_keeps_its_connection_delays_a_stop_only_to_the_next_ping() {
    let server = LlamaServer::new(real().with_stop_grace(SOON));
    let instance = server.ready().await.unwrap();
    let answer = endless_answer(&instance).await;
    let start = Instant::now();
    server.stop().await;
    assert_eq!(instance.exit().unwrap().code(), Some(0));
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    drop(answer);
}

async fn endless_answer(instance: &Instance) -> reqwest::Response {
    let client = reqwest::Client::builder()
        .unix_socket(instance.socket())
        .tls_certs_only([])
        .build()
        .unwrap();
    let mut answer = client
        .post("http://localhost/completion")
        .bearer_auth(instance.api_key().expose_secret())
        .body(r#"{"prompt":"Once","n_predict":-1,"stream":true,"ignore_eos":true}"#)
        .send()
        .await
        .unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    answer
}
