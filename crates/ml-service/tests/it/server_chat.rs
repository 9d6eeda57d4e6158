//! Chats over a real socket, whole and as streams.

use std::time::Duration;

use inference_conformance::{Script, ScriptedModel};
use inference_core::{Error, ErrorKind, FinishReason, Retry};
use serde_json::{Value, json};

use crate::server_client::Rig;

#[tokio::test]
async fn a_chat_is_answered_whole() {
    let rig = Rig::saying(["Par", "is."]).await;
    let reply = rig.chat(json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body = reply.json();
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["model"], "talker");
    let choice = &body["choices"][0];
    assert_eq!(
        choice["message"],
        json!({"role": "assistant", "content": "Paris."})
    );
    assert_eq!(choice["finish_reason"], "stop");
    let usage = json!({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3});
    assert_eq!(body["usage"], usage);
    let id = &reply.headers["x-request-id"];
    assert_eq!(body["id"], format!("chatcmpl-{id}"));
}

#[tokio::test]
async fn a_stream_has_role_deltas_finish_usage_and_done() {
    let rig = Rig::saying(["Par", "is."]).await;
    let more = json!({"stream": true, "stream_options": {"include_usage": true}});
    let reply = rig.chat(more).await;
    assert_eq!(reply.headers["content-type"], "text/event-stream");
    assert_eq!(reply.headers["cache-control"], "no-cache");
    let events = reply.events();
    let deltas: Vec<_> = events
        .iter()
        .map(|event| &event["choices"][0]["delta"])
        .collect();
    assert_eq!(*deltas[0], json!({"role": "assistant", "content": ""}));
    assert_eq!(*deltas[1], json!({"content": "Par"}));
    assert_eq!(*deltas[2], json!({"content": "is."}));
    assert_eq!(*deltas[3], json!({}));
    assert_eq!(events[3]["choices"][0]["finish_reason"], "stop");
    assert_eq!(events[4]["choices"], json!([]));
    assert_eq!(events[4]["usage"]["total_tokens"], 3);
    assert_eq!(events[5], "[DONE]");
    assert_eq!(events.len(), 6);
    for event in &events[..5] {
        assert_eq!(event["id"], events[0]["id"]);
        assert_eq!(event["object"], "chat.completion.chunk");
        assert_eq!(event["model"], "talker");
    }
}

#[tokio::test]
async fn usage_comes_only_where_it_is_asked_for() {
    let rig = Rig::saying(["a"]).await;
    let events = rig.chat(json!({"stream": true})).await.events();
    assert!(
        events.iter().all(|event| event.get("usage").is_none()),
        "{events:?}"
    );
    assert_eq!(*events.last().unwrap(), "[DONE]");
}

#[tokio::test]
async fn a_failure_before_the_first_token_has_its_status() {
    for (kind, status) in [
        (ErrorKind::ContextExceeded, 400),
        (ErrorKind::Unavailable, 503),
        (ErrorKind::RateLimited, 429),
        (ErrorKind::Connection, 502),
        (ErrorKind::Timeout, 504),
        (ErrorKind::Backend, 500),
    ] {
        let failing = Script::default().then_fail(Error::new(kind, "no luck"));
        let rig = Rig::saying(failing).await;
        for stream in [false, true] {
            let error = rig.chat(json!({"stream": stream})).await.error(status);
            assert!(
                error["message"].as_str().unwrap().contains("no luck"),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn a_failure_says_whether_and_when_to_come_back() {
    let busy = Error::new(ErrorKind::Unavailable, "busy");
    let later = busy
        .clone()
        .with_retry(Retry::After(Duration::from_millis(2500)));
    for (error, after, again) in [
        (busy, Some("1"), None),
        (later, Some("3"), None),
        (
            Error::new(ErrorKind::Backend, "broken"),
            None,
            Some("false"),
        ),
    ] {
        let rig = Rig::saying(Script::default().then_fail(error)).await;
        let headers = rig.chat(json!({})).await.headers;
        assert_eq!(headers.get("retry-after").map(String::as_str), after);
        assert_eq!(headers.get("x-should-retry").map(String::as_str), again);
    }
}

#[tokio::test]
async fn a_failure_in_the_middle_is_an_event_and_never_done() {
    let failing = Script::new(["Par"]).then_fail(Error::new(ErrorKind::Crashed, "it is gone"));
    let rig = Rig::saying(failing).await;
    let more = json!({"stream": true, "stream_options": {"include_usage": true}});
    let events = rig.chat(more).await.events();
    assert_eq!(events[1]["choices"][0]["delta"]["content"], "Par");
    let error = &events[2]["error"];
    assert!(
        error["message"].as_str().unwrap().contains("it is gone"),
        "{error}"
    );
    assert_eq!(error["type"], "server_error");
    assert_eq!(events.len(), 3, "{events:?}");
    rig.chat(json!({})).await.error(503);
}

#[tokio::test]
async fn think_blocks_are_told_from_the_answer() {
    let rig = Rig::saying(["<th", "ink>hm</think>", "4"]).await;
    let message = rig.chat(json!({})).await.json()["choices"][0]["message"].clone();
    assert_eq!(message["reasoning_content"], "hm");
    assert_eq!(message["content"], "4");
    let events = rig.chat(json!({"stream": true})).await.events();
    let joined = |field: &str| -> String {
        let pieces = events
            .iter()
            .filter_map(|event| event["choices"][0]["delta"][field].as_str());
        pieces.collect()
    };
    assert_eq!(joined("reasoning_content"), "hm");
    assert_eq!(joined("content"), "4");
}

#[tokio::test]
async fn options_reach_the_model() {
    let rig = Rig::saying(["a ", "b ", "END", "c"]).await;
    let more = json!({"max_completion_tokens": 7, "temperature": 0, "seed": 5, "stop": "END"});
    let body = rig.chat(more).await.json();
    assert_eq!(body["choices"][0]["message"]["content"], "a b ");
    let (_, options) = rig.model.requests().pop().unwrap();
    assert_eq!(options.max_tokens, Some(7));
    assert_eq!(options.seed, Some(5));
    let more = json!({"max_tokens": 1});
    let body = rig.chat(more).await.json();
    assert_eq!(body["choices"][0]["finish_reason"], "length");
}

#[tokio::test]
async fn unset_limits_are_the_servers_or_the_contexts_end() {
    let rig = Rig::limited(["a"], |limits| limits.max_tokens = Some(3)).await;
    rig.chat(json!({})).await;
    assert_eq!(rig.model.requests()[0].1.max_tokens, Some(3));
    let error = rig.chat(json!({"max_tokens": 4})).await.error(400);
    assert_eq!(error["param"], "max_tokens");
    let rig = Rig::saying(["a"]).await;
    rig.chat(json!({})).await;
    assert_eq!(rig.model.requests()[0].1.max_tokens, Some(u32::MAX));
}

#[tokio::test]
async fn several_answers_come_to_one_request() {
    let script = Script::new(["a", "b", "c", "d", "e", "f"]);
    let rig = Rig::saying(script).await;
    let more = json!({"n": 3, "temperature": 1, "seed": 1});
    let body = rig.chat(more.clone()).await.json();
    let choices = body["choices"].as_array().unwrap();
    let texts: Vec<_> = choices
        .iter()
        .map(|choice| &choice["message"]["content"])
        .collect();
    assert_eq!(texts.len(), 3);
    assert!(texts[0] != texts[1] && texts[1] != texts[2], "{texts:?}");
    assert_eq!(body["usage"]["prompt_tokens"], 1);
    assert_eq!(body["usage"]["completion_tokens"], 18);

    let mut streamed = more;
    streamed["stream"] = true.into();
    let events = rig.chat(streamed).await.events();
    for (index, text) in texts.iter().enumerate() {
        let of = |event: &&Value| event["choices"][0]["index"] == index;
        let own: Vec<_> = events
            .iter()
            .filter(of)
            .map(|event| &event["choices"][0])
            .collect();
        let pieces = own
            .iter()
            .filter_map(|choice| choice["delta"]["content"].as_str());
        assert_eq!(pieces.collect::<String>(), text.as_str().unwrap());
        assert_eq!(own[0]["delta"]["role"], "assistant");
        assert_eq!(own.last().unwrap()["finish_reason"], "stop");
    }
    assert_eq!(*events.last().unwrap(), "[DONE]");
}

#[tokio::test]
async fn log_probabilities_come_with_their_tokens() {
    let rig = Rig::saying(["ä", "b"]).await;
    let more = json!({"logprobs": true, "top_logprobs": 1});
    let body = rig.chat(more).await.json();
    let content = &body["choices"][0]["logprobs"]["content"];
    assert_eq!(content[0]["token"], "ä");
    assert_eq!(content[0]["bytes"], json!([195, 164]));
    assert_eq!(content[0]["logprob"], -0.25);
    assert_eq!(content[0]["top_logprobs"][0]["token"], "ä");
    let events = rig
        .chat(json!({"logprobs": true, "stream": true}))
        .await
        .events();
    let content = &events[2]["choices"][0]["logprobs"]["content"];
    assert_eq!(content[0]["token"], "b");
    assert_eq!(content[0]["top_logprobs"], json!([]));
}

#[tokio::test]
async fn a_reason_other_than_stop_is_passed_on() {
    let rig = Rig::saying(Script::new(["a"]).then_finish(FinishReason::ContentFilter)).await;
    let body = rig.chat(json!({})).await.json();
    assert_eq!(body["choices"][0]["finish_reason"], "content_filter");
}

#[tokio::test]
async fn models_are_listed_and_asked_by_name() {
    let rig = Rig::new(ScriptedModel::new("talker").otherwise(["a"])).await;
    let list = rig.get("/v1/models").await.json();
    assert_eq!(list["object"], "list");
    assert_eq!(list["data"][0]["id"], "talker");
    assert_eq!(list["data"][0]["object"], "model");
    let one = rig.get("/v1/models/talker").await.json();
    assert_eq!(one, list["data"][0]);
    let error = rig.get("/v1/models/other").await.error(404);
    assert_eq!(error["code"], "model_not_found");
    let error = rig.chat(json!({"model": "other"})).await.error(404);
    assert_eq!(error["code"], "model_not_found");
    assert!(
        error["message"].as_str().unwrap().contains("talker"),
        "{error}"
    );
    let unnamed = rig.chat(json!({"model": null})).await.json();
    assert_eq!(unnamed["model"], "talker");
}
