//! Requests that are refused: bad bodies, bad values, too much of anything, strangers.

use std::time::Duration;

use axum::http::HeaderValue;
use inference_conformance::ScriptedModel;
use ml_service::server::{Access, ApiKey, Origins};
use serde_json::{Value, json};

use crate::server_client::{Rig, chat};

const CHAT: &str = "/v1/chat/completions";

async fn rig() -> Rig {
    Rig::saying(["a"]).await
}

#[tokio::test]
async fn broken_bodies_are_refused() {
    let rig = rig().await;
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"x\"",
        "{\"model\":NaN}",
        "\u{0}",
        "{}garbage",
    ] {
        let error = rig
            .send("POST", CHAT, &[], body.as_bytes())
            .await
            .error(400);
        assert_eq!(error["type"], "invalid_request_error");
        assert_eq!(error["code"], "invalid_json", "{body}");
    }
    let deep = format!("{{\"messages\":{}", "[".repeat(100_000));
    rig.send("POST", CHAT, &[], deep.as_bytes())
        .await
        .error(400);
    rig.send("POST", CHAT, &[], b"{\"messages\":\"\xff\"}")
        .await
        .error(400);
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let rig = rig().await;
    let role = json!([{"role": "user", "content": "x"}, {"role": "wizard", "content": "x"}]);
    let image = json!([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]);
    let schema = json!({"type": "json_schema", "json_schema": {"schema": {}}});
    let clock = json!([{"type": "function", "function": {"name": "clock"}}]);
    for (field, value, param) in [
        ("messages", json!([]), "messages"),
        ("messages", json!(null), "messages"),
        ("messages", json!("hi"), "messages"),
        ("messages", role, "messages[1].role"),
        ("messages", json!([{"role": "user"}]), "messages"),
        ("messages", json!([{"content": "x"}]), "messages[0]"),
        (
            "messages",
            json!([{"role": "user", "content": 3}]),
            "messages[0].content",
        ),
        ("messages", image, "messages[0].content"),
        ("model", json!(3), "model"),
        ("stream", json!("yes"), "stream"),
        (
            "stream_options",
            json!({"include_usage": true}),
            "stream_options",
        ),
        ("max_tokens", json!(0), "max_tokens"),
        ("max_tokens", json!(-1), "max_tokens"),
        ("max_tokens", json!(1_000_000_000), "max_tokens"),
        ("max_tokens", json!(1e9), "max_tokens"),
        ("max_tokens", json!("7"), "max_tokens"),
        ("max_completion_tokens", json!(0), "max_completion_tokens"),
        ("temperature", json!(3), "temperature"),
        ("temperature", json!(-0.1), "temperature"),
        ("temperature", json!("hot"), "temperature"),
        ("top_p", json!(0), "top_p"),
        ("top_p", json!(1.1), "top_p"),
        ("seed", json!(-1), "seed"),
        ("seed", json!(1.5), "seed"),
        ("n", json!(0), "n"),
        ("n", json!(1000), "n"),
        ("stop", json!(vec!["x"; 100]), "stop"),
        ("stop", json!([""]), "stop"),
        ("stop", json!(3), "stop"),
        ("logprobs", json!(3), "logprobs"),
        ("top_logprobs", json!(3), "top_logprobs"),
        (
            "response_format",
            json!({"type": "xml"}),
            "response_format.type",
        ),
        (
            "response_format",
            json!({"type": "json_object"}),
            "response_format",
        ),
        ("response_format", schema, "response_format"),
        ("tools", clock, "tools"),
        ("tools", json!([{"type": "retrieval"}]), "tools[0]"),
        ("tool_choice", json!("required"), "tool_choice"),
        ("top_k", json!(40), "top_k"),
        ("min_p", json!(0.1), "min_p"),
        ("repeat_penalty", json!(1.1), "repeat_penalty"),
        ("presence_penalty", json!(1), "presence_penalty"),
        ("logit_bias", json!({"50256": -100}), "logit_bias"),
        ("parallel_tool_calls", json!(false), "parallel_tool_calls"),
        ("reasoning_effort", json!("high"), "reasoning_effort"),
        ("mirostat", json!(2), "mirostat"),
    ] {
        let body = json!({field: value});
        let error = rig.chat(body.clone()).await.error(400);
        assert_eq!(error["param"], param, "{body}: {error}");
    }
    assert_eq!(
        rig.model.requests().len(),
        0,
        "nothing of it reached the model"
    );
}

#[tokio::test]
async fn fields_that_change_nothing_are_accepted() {
    let rig = rig().await;
    let reply = rig
        .chat(json!({
            "user": "u", "metadata": {"a": "b"}, "store": true, "service_tier": "auto",
            "safety_identifier": "x", "prompt_cache_key": "x", "presence_penalty": 0,
            "frequency_penalty": 0.0, "logit_bias": {}, "parallel_tool_calls": true,
            "tools": [], "tool_choice": "auto", "response_format": {"type": "text"},
            "unknown": null, "modalities": ["text"], "n": 1, "logprobs": false, "stop": null,
        }))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test]
async fn a_conversation_has_so_many_messages_and_no_more() {
    let rig = Rig::limited(["a"], |limits| limits.messages = 2).await;
    let turns = |count| vec![json!({"role": "user", "content": "x"}); count];
    assert_eq!(rig.chat(json!({"messages": turns(2)})).await.status, 200);
    let error = rig.chat(json!({"messages": turns(3)})).await.error(400);
    assert_eq!(error["param"], "messages");
}

#[tokio::test]
async fn a_large_body_is_refused_and_the_client_hears_of_it() {
    let rig = rig().await;
    let body = vec![b' '; 50 << 20];
    let error = rig.send("POST", CHAT, &[], &body).await.error(413);
    assert_eq!(error["code"], "body_too_large");
    let chunked = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n\
                   transfer-encoding: chunked\r\n\r\n";
    let rig = Rig::limited(["a"], |limits| limits.body_bytes = 10).await;
    let mut client = rig.connect().await;
    client.write(chunked.as_bytes()).await;
    client
        .write(b"20\r\n                                \r\n0\r\n\r\n")
        .await;
    client.reply().await.error(413);
}

#[tokio::test]
async fn slow_bodies_and_slow_headers_end() {
    let rig = Rig::limited(["a"], |limits| {
        limits.body_time = Duration::from_millis(100);
        limits.header_time = Duration::from_millis(100);
    })
    .await;
    let mut client = rig.connect().await;
    let head = format!("POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{{");
    client.write(head.as_bytes()).await;
    client.reply().await.error(408);
    let mut client = rig.connect().await;
    client.write(b"GET /health HTTP/1.1\r\nhost: loc").await;
    let rest = client.rest().await;
    assert!(!rest.contains("200"), "{rest}");
    let mut idle = rig.connect().await;
    assert_eq!(idle.rest().await, "");
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let rig = rig().await;
    let mut client = rig.connect().await;
    let mut head = b"GET /health HTTP/1.1\r\nhost: localhost\r\n".to_vec();
    for index in 0..10_000 {
        head.extend(format!("x-{index}: y\r\n").bytes());
    }
    head.extend(b"\r\n");
    // The server may close before all of it is written.
    let _ = client.try_write(&head).await;
    let rest = client.rest().await;
    assert!(
        rest.is_empty() || rest.starts_with("HTTP/1.1 431"),
        "{rest}"
    );
    assert_eq!(rig.get("/health").await.status, 200);
}

#[tokio::test]
async fn garbage_ends_its_own_connection_only() {
    let rig = rig().await;
    let h2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        h2,
        b"GET\r\n\r\n",
        &[0; 1000],
    ] {
        let mut client = rig.connect().await;
        let _ = client.try_write(garbage).await;
        let _ = client.try_write(b"\r\n\r\n").await;
        let rest = client.rest().await;
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 4"), "{rest}");
    }
    let mut client = rig.connect().await;
    let body = chat(json!({})).to_string();
    client.request("POST", CHAT, &[], body.as_bytes()).await;
    client.write(b"\x00\x01garbage\r\n\r\n").await;
    assert_eq!(client.reply().await.status, 200);
    let rest = client.rest().await;
    assert!(rest.starts_with("HTTP/1.1 400"), "{rest}");
    assert_eq!(rig.get("/health").await.status, 200);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let rig = rig().await;
    let mut client = rig.connect().await;
    let body = chat(json!({})).to_string();
    client.request("POST", CHAT, &[], body.as_bytes()).await;
    client.request("GET", "/health", &[], b"").await;
    assert_eq!(client.reply().await.json()["object"], "chat.completion");
    assert_eq!(client.reply().await.json()["status"], "ok");
}

#[tokio::test]
async fn unknown_routes_and_methods_say_so() {
    let rig = rig().await;
    rig.get("/v1/nothing").await.error(404);
    rig.get(CHAT).await.error(405);
    rig.post("/health", &Value::Null).await.error(405);
    rig.get("/../../etc/passwd").await.error(404);
}

#[tokio::test]
async fn a_key_opens_the_models_and_nothing_is_hidden_from_watchers() {
    let key = ApiKey::new("sk-right").unwrap();
    let access = Access::Keys(vec![key]);
    let rig = Rig::with(ScriptedModel::new("talker"), |config| {
        config.access = access;
    })
    .await;
    let error = rig.get("/v1/models").await.error(401);
    assert_eq!(error["code"], "invalid_api_key");
    let wrong = [("authorization", "Bearer sk-wrong")];
    let refused = rig.send("GET", "/v1/models", &wrong, b"").await;
    assert_eq!(refused.headers["www-authenticate"], "Bearer");
    assert!(!refused.text().contains("sk-"), "{}", refused.text());
    refused.error(401);
    let right = [("authorization", "Bearer sk-right")];
    assert_eq!(rig.send("GET", "/v1/models", &right, b"").await.status, 200);
    assert_eq!(rig.get("/health").await.status, 200);
    rig.chat(json!({})).await.error(401);
}

#[tokio::test]
async fn without_a_key_any_is_accepted() {
    let rig = rig().await;
    let headers = [("authorization", "Bearer whatever")];
    assert_eq!(
        rig.send("GET", "/v1/models", &headers, b"").await.status,
        200
    );
}

#[tokio::test]
async fn pages_of_strangers_are_refused() {
    let rig = rig().await;
    let rebound = [("host", "evil.example:8090")];
    let error = rig
        .send("GET", "/v1/models", &rebound, b"")
        .await
        .error(403);
    assert_eq!(error["code"], "host_not_allowed");
    let body = chat(json!({})).to_string();
    let stranger = [("origin", "https://evil.example")];
    let reply = rig.send("POST", CHAT, &stranger, body.as_bytes()).await;
    assert_eq!(reply.error(403)["code"], "origin_not_allowed");
    assert!(!reply.headers.contains_key("access-control-allow-origin"));
    assert_eq!(rig.model.requests().len(), 0);
    let own = [("origin", "http://localhost")];
    assert_eq!(
        rig.send("POST", CHAT, &own, body.as_bytes()).await.status,
        200
    );
}

#[tokio::test]
async fn listed_origins_may_ask_from_a_browser() {
    let page = "https://chat.example";
    let origins = Origins::These(vec![HeaderValue::from_static(page)]);
    let model = ScriptedModel::new("talker").otherwise(["a"]);
    let rig = Rig::with(model, |config| config.origins = origins).await;
    let preflight = [
        ("origin", page),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "authorization,content-type",
        ),
    ];
    let reply = rig.send("OPTIONS", CHAT, &preflight, b"").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["access-control-allow-origin"], page);
    assert!(reply.headers["access-control-allow-headers"].contains("authorization"));
    let body = chat(json!({})).to_string();
    let reply = rig
        .send("POST", CHAT, &[("origin", page)], body.as_bytes())
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["access-control-allow-origin"], page);
}
