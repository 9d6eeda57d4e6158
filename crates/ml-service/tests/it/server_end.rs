//! How answers end early: clients that vanish, servers that stop, time that is up.

use std::time::Duration;

use inference_conformance::{Script, ScriptedModel};
use ml_service::server::{ServerConfig, serve};
use serde_json::{Value, json};

use crate::server_client::{Rig, chat, eventually};

fn endless() -> Script {
    Script::new(["on ", "and "]).endlessly()
}

async fn start(rig: &Rig, more: Value) -> crate::server_client::Client {
    let mut client = rig.connect().await;
    let body = chat(more).to_string();
    client
        .request("POST", "/v1/chat/completions", &[], body.as_bytes())
        .await;
    client
}

#[tokio::test]
async fn a_client_that_goes_stops_the_model() {
    let rig = Rig::saying(endless()).await;
    for stream in [true, false] {
        let client = start(&rig, json!({"stream": stream, "n": 2})).await;
        rig.generating(2).await;
        drop(client);
        rig.generating(0).await;
    }
}

#[tokio::test]
async fn a_client_that_goes_while_the_model_is_silent_stops_it() {
    let rig = Rig::saying(Script::default().then_stall()).await;
    for stream in [true, false] {
        let client = start(&rig, json!({"stream": stream})).await;
        rig.generating(1).await;
        drop(client);
        rig.generating(0).await;
    }
}

#[tokio::test]
async fn a_reader_that_does_not_read_slows_the_model() {
    let rig = Rig::saying(Script::new(["x".repeat(10_000)]).endlessly()).await;
    let client = start(&rig, json!({"stream": true, "max_tokens": 4000})).await;
    rig.generating(1).await;
    let mut before = u64::MAX;
    let stands_still = || {
        let tokens = rig.model.activity().tokens.unwrap_or_default();
        std::mem::replace(&mut before, tokens) == tokens && tokens > 0
    };
    eventually(stands_still).await;
    assert!(rig.model.activity().tokens < Some(4000));
    drop(client);
    rig.generating(0).await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_for_too_long_is_given_up() {
    let script = Script::new(["x".repeat(10_000)]).endlessly();
    let stall = Duration::from_millis(100);
    let rig = Rig::limited(script, |limits| limits.stall = stall).await;
    let mut client = start(&rig, json!({"stream": true})).await;
    rig.generating(1).await;
    rig.generating(0).await;
    // What was on its way by then is all that comes.
    let rest = client.rest().await;
    assert!(rest.contains("xxx") && !rest.contains("[DONE]"));
}

#[tokio::test]
async fn pings_come_while_the_model_is_silent() {
    let script = Script::new(["a"]).then_stall();
    let rig = Rig::limited(script, |limits| limits.ping = Duration::from_millis(20)).await;
    let mut client = start(&rig, json!({"stream": true})).await;
    client.head().await;
    let text = client.until(": ping\n\n: ping\n\n").await;
    assert!(text.contains(r#""content":"a""#), "{text}");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_ends_with_an_error() {
    let time = Duration::from_millis(200);
    let script = Script::new(["a"]).then_stall();
    let rig = Rig::limited(script, |limits| limits.answer_time = time).await;
    let error = rig.chat(json!({})).await.error(504);
    assert_eq!(error["code"], "timeout");
    let events = rig.chat(json!({"stream": true})).await.events();
    assert_eq!(events.last().unwrap()["error"]["code"], "timeout");
    rig.generating(0).await;
}

#[tokio::test]
async fn a_server_that_stops_lets_answers_end() {
    let mut rig = Rig::saying(Script::new(vec!["word "; 200])).await;
    let mut client = start(&rig, json!({"stream": true})).await;
    let idle = rig.connect().await;
    client.head().await;
    rig.stop();
    client.until("[DONE]").await;
    rig.ended().await;
    drop(idle);
    assert!(tokio::net::TcpStream::connect(rig.address).await.is_err());
}

#[tokio::test]
async fn answers_that_do_not_end_are_told_so_when_the_server_stops() {
    let mut rig = Rig::limited(endless(), |limits| limits.drain = Duration::from_millis(50)).await;
    let mut client = start(&rig, json!({"stream": true, "max_tokens": 1_000})).await;
    let mut stalled = Rig::limited(Script::new(["a"]).then_stall(), |limits| {
        limits.drain = Duration::from_millis(50);
    })
    .await;
    let mut silent = start(&stalled, json!({"stream": true})).await;
    silent.head().await;
    stalled.stop();
    let text = silent.until("error").await;
    assert!(
        text.contains("\"closed\"") && !text.contains("[DONE]"),
        "{text}"
    );
    stalled.ended().await;
    client.head().await;
    rig.stop();
    rig.ended().await;
    assert_eq!(rig.model.activity().generating, 0);
}

#[tokio::test]
async fn without_a_key_only_loopback_is_served() {
    let rig = Rig::new(ScriptedModel::new("talker")).await;
    let wide = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let never = std::future::pending();
    let service = std::sync::Arc::clone(&rig.service);
    let error = serve(wide, service, ServerConfig::default(), never)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
}
