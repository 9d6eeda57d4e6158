//! Text completions over a real socket.

use inference_conformance::ScriptedModel;
use inference_core::Prompt;
use serde_json::{Value, json};

use crate::server_client::Rig;

const ROUTE: &str = "/v1/completions";

async fn rig() -> Rig {
    let model = ScriptedModel::new("talker").on("one", ["1", "a"]);
    Rig::new(model.otherwise(["2", "b", "c"])).await
}

#[tokio::test]
async fn raw_text_is_continued() {
    let rig = rig().await;
    let reply = rig.post(ROUTE, &json!({"prompt": "say one"})).await;
    let body = reply.json();
    assert_eq!(reply.status, 200, "{body}");
    assert_eq!(body["object"], "text_completion");
    assert!(body["id"].as_str().unwrap().starts_with("cmpl-"), "{body}");
    assert_eq!(body["choices"][0]["text"], "1a");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert_eq!(body["usage"]["total_tokens"], 4);
    assert_eq!(rig.model.requests()[0].0, Prompt::text("say one"));
}

#[tokio::test]
async fn each_prompt_has_answers_of_its_own() {
    let rig = rig().await;
    let body = json!({"prompt": ["say one", "say two now"], "n": 2});
    let whole = rig.post(ROUTE, &body).await.json();
    let choices = whole["choices"].as_array().unwrap();
    let texts: Vec<_> = choices
        .iter()
        .map(|choice| choice["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["1a", "1a", "2bc", "2bc"]);
    let usage = json!({"prompt_tokens": 5, "completion_tokens": 10, "total_tokens": 15});
    assert_eq!(whole["usage"], usage, "a prompt counts once");

    let mut streamed = body;
    streamed["stream"] = true.into();
    streamed["stream_options"] = json!({"include_usage": true});
    let mut events = rig.post(ROUTE, &streamed).await.events();
    assert_eq!(events.pop().unwrap(), "[DONE]");
    assert_eq!(events.pop().unwrap()["usage"], usage);
    for (index, text) in texts.iter().enumerate() {
        let of = |event: &&Value| event["choices"][0]["index"] == index;
        let pieces = events
            .iter()
            .filter(of)
            .map(|event| &event["choices"][0]["text"]);
        let joined: String = pieces.map(|piece| piece.as_str().unwrap()).collect();
        assert_eq!(joined, *text);
    }
}

#[tokio::test]
async fn log_probabilities_have_their_older_shape() {
    let rig = rig().await;
    let body = json!({"prompt": "one", "logprobs": 1});
    let whole = rig.post(ROUTE, &body).await.json();
    let logprobs = json!({
        "tokens": ["1", "a"], "token_logprobs": [-0.25, -0.25],
        "top_logprobs": [{"1": -0.25}, {"a": -0.25}], "text_offset": [0, 1],
    });
    assert_eq!(whole["choices"][0]["logprobs"], logprobs);
    let mut streamed = body;
    streamed["stream"] = true.into();
    let events = rig.post(ROUTE, &streamed).await.events();
    assert_eq!(
        events[1]["choices"][0]["logprobs"]["text_offset"],
        json!([1])
    );
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let rig = rig().await;
    for (body, param) in [
        (json!({}), "prompt"),
        (json!({"prompt": ""}), "prompt"),
        (json!({"prompt": []}), "prompt"),
        (json!({"prompt": [1, 2]}), "prompt[0]"),
        (json!({"prompt": vec!["x"; 100]}), "prompt"),
        (json!({"prompt": "x", "logprobs": 21}), "logprobs"),
        (json!({"prompt": "x", "logprobs": true}), "logprobs"),
        (json!({"prompt": "x", "echo": true}), "echo"),
        (json!({"prompt": "x", "suffix": "y"}), "suffix"),
        (json!({"prompt": "x", "best_of": 2}), "best_of"),
        (json!({"prompt": "x", "messages": []}), "messages"),
    ] {
        let error = rig.post(ROUTE, &body).await.error(400);
        assert_eq!(error["param"], param, "{body}: {error}");
    }
}
