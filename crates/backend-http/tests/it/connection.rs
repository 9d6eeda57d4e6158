//! How requests travel: addresses, keys, sockets, and connections that close when they should.

use std::time::Duration;

use backend_http::{HttpConfig, HttpTextModel};
use futures::StreamExt as _;
use inference_conformance::fake_server::{FakeServer, Reply, events};
use inference_core::{Event, GenerateOptions, Prompt, TextModel as _};

use crate::server::{ask, config, handle, model, serve, soon};

#[tokio::test]
async fn every_spelling_of_the_url_reaches_the_same_path() {
    let server = serve(Reply::sse(events::chat(["a"])));
    for end in ["", "/", "/v1", "/v1/"] {
        let config = HttpConfig::new(format!("{}{end}", server.url()));
        ask(&HttpTextModel::new(config).expect("a model"))
            .await
            .expect("an answer");
    }
    let nested = HttpConfig::new(format!("{}/openai/v1/", server.url()));
    ask(&HttpTextModel::new(nested).expect("a model"))
        .await
        .expect("an answer");
    let paths: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| request.path)
        .collect();
    assert!(
        paths[..4].iter().all(|path| path == "/v1/chat/completions"),
        "{paths:?}"
    );
    assert_eq!(paths[4], "/openai/v1/chat/completions");
}

#[tokio::test]
async fn key_and_headers_are_sent() {
    let server = serve(Reply::sse(events::chat(["a"])));
    let config = config(&server).api_key("sk-1").header("X-Team", "blue");
    ask(&HttpTextModel::new(config).expect("a model"))
        .await
        .expect("an answer");
    let request = &server.requests()[0];
    assert_eq!(request.header("authorization"), Some("Bearer sk-1"));
    assert_eq!(request.header("x-team"), Some("blue"));
    assert!(
        request
            .header("accept")
            .expect("accept")
            .contains("text/event-stream")
    );

    ask(&model(&server)).await.expect("an answer");
    assert_eq!(server.requests()[1].header("authorization"), None);
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_used_instead_of_the_host() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.sock");
    let server = FakeServer::unix(&path, |_| Reply::sse(events::chat(["a"]))).expect("a socket");
    let config = HttpConfig::new("http://localhost/v1").unix_socket(&path);
    let model = HttpTextModel::new(config).expect("a model");
    assert_eq!(ask(&model).await.expect("an answer").text, "a");
    assert_eq!(server.requests()[0].path, "/v1/chat/completions");
}

#[tokio::test]
async fn a_request_names_its_model_or_the_configured_one() {
    let server = serve(Reply::sse(events::chat(["a"])));
    let model = model(&server);
    ask(&model).await.expect("an answer");
    let other = GenerateOptions::default().model("other");
    crate::server::ask_with(&model, other)
        .await
        .expect("an answer");
    let nameless = HttpTextModel::new(HttpConfig::new(server.url())).expect("a model");
    ask(&nameless).await.expect("an answer");
    let models: Vec<_> = server
        .requests()
        .iter()
        .map(|r| r.json()["model"].clone())
        .collect();
    assert_eq!(
        models,
        ["m".into(), "other".into(), serde_json::Value::Null]
    );
}

#[tokio::test]
async fn dropping_a_stream_closes_its_connection_at_once() {
    for reply in [
        Reply::flood(1_000_000_000),
        Reply::sse(events::chat(["a"])).stall_at(600),
    ] {
        let server = serve(reply);
        let model = model(&server);
        let mut stream = model.generate(Prompt::user("hi"), GenerateOptions::default());
        let first = soon(stream.next())
            .await
            .expect("an event")
            .expect("a token");
        assert!(matches!(first, Event::Token(_)));
        assert_eq!(server.stats().open_replies, 1);
        drop(stream);
        let closed = server.wait_until(|stats| stats.open_connections == 0);
        tokio::time::timeout(Duration::from_secs(1), closed)
            .await
            .expect("within a second");
    }
}

#[tokio::test]
async fn dropping_a_stream_before_its_first_token_closes_its_connection() {
    let slow = Reply::sse(events::chat(["a"]));
    for reply in [
        slow.clone().after(Duration::from_hours(1)),
        slow.stall_at(0),
    ] {
        let server = serve(reply);
        let model = model(&server);
        let answer = model
            .generate(Prompt::user("hi"), GenerateOptions::default())
            .into_generation();
        tokio::select! {
            _ = answer => panic!("there is no answer"),
            _ = server.wait_until(|stats| stats.open_replies == 1) => {}
        }
        let closed = server.wait_until(|stats| stats.open_connections == 0);
        tokio::time::timeout(Duration::from_secs(1), closed)
            .await
            .expect("within a second");
    }
}

#[tokio::test]
async fn a_slow_reader_slows_the_server() {
    let server = serve(Reply::flood(10_000_000));
    let mut stream = model(&server).generate(Prompt::user("hi"), GenerateOptions::default());
    soon(stream.next())
        .await
        .expect("an event")
        .expect("a token");
    let mut sent = 0;
    let stopped = async {
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let now = server.stats().pieces;
            if now == std::mem::replace(&mut sent, now) {
                return now;
            }
        }
    };
    let sent = soon(stopped).await;
    assert!(sent < 100_000, "{sent} tokens were sent to a reader of one");
}

#[tokio::test]
async fn a_stream_is_lazy_and_a_call_is_its_own() {
    let server = handle(|request| {
        let prompt = request.json()["messages"][0]["content"].to_string();
        Reply::sse(events::chat([prompt]))
    });
    let model = model(&server);
    let options = GenerateOptions::default;
    let unpolled = model.generate(Prompt::user("never"), options());
    let answers = ["one", "two", "three"].map(|text| {
        model
            .generate(Prompt::user(text), options())
            .into_generation()
    });
    let answers = soon(futures::future::join_all(answers)).await;
    let texts: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.expect("an answer").text)
        .collect();
    assert_eq!(texts, ["\"one\"", "\"two\"", "\"three\""]);
    drop(unpolled);
    assert_eq!(server.stats().requests, 3);
}

#[tokio::test]
async fn connections_are_used_again_where_the_server_keeps_them() {
    let body = format!(
        "data: {}\n\ndata: {}\n\ndata: [DONE]\n\n",
        events::delta("a"),
        events::finish("stop")
    );
    let server = serve(Reply::text(200, "text/event-stream", body));
    let model = model(&server);
    for _ in 0..5 {
        ask(&model).await.expect("an answer");
    }
    assert_eq!(server.stats().connections, 1);
}
