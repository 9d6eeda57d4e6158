//! Classification by the log probabilities of one token.

use inference_conformance::fake_server::{Reply, Request};
use inference_core::{ClassifyOptions, ErrorKind, Prompt, TextModel as _};
use serde_json::json;

use crate::server::{handle, model, serve, soon};

/// Says the first word of what it is asked, with one alternative.
fn echo(request: &Request) -> Reply {
    let body = request.json();
    let prompt = body["messages"][0]["content"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let entry = |token: &str, logprob| json!({"id": 1, "token": token, "logprob": logprob});
    let mut chosen = entry(&prompt, -0.25);
    chosen["top_logprobs"] = json!([entry(&prompt, -0.25), entry("other", -2.5)]);
    let token = json!({"choices": [{"index": 0, "delta": {"content": prompt},
        "logprobs": {"content": [chosen]}, "finish_reason": null}]});
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1}});
    Reply::sse([token.to_string(), end.to_string(), "[DONE]".to_owned()])
}

#[tokio::test]
async fn each_prompt_gets_its_likeliest_token_in_order() {
    let server = handle(echo);
    let words = ["yes", "no", "maybe", "never", "always", "often"];
    let prompts = words.map(Prompt::user).to_vec();
    let options = ClassifyOptions::default().with_alternatives(2);
    let classified = soon(model(&server).classify(prompts, options))
        .await
        .expect("classified");
    let tokens: Vec<_> = classified
        .iter()
        .map(|one| one.token.text.as_str())
        .collect();
    assert_eq!(tokens, words);
    assert_eq!(classified[0].token.logprob, Some(-0.25));
    assert_eq!(classified[0].token.alternatives[1].text, "other");
    assert_eq!(classified[0].usage.prompt_tokens, Some(3));
    let body = server.requests()[0].json();
    assert_eq!(
        (&body["max_tokens"], &body["top_logprobs"]),
        (&json!(1), &json!(2))
    );
}

#[tokio::test]
async fn one_failure_fails_the_call() {
    let server = handle(
        |request| match request.json()["messages"][0]["content"].as_str() {
            Some("bad") => Reply::error(400, "no"),
            _ => echo(request),
        },
    );
    let prompts = vec![Prompt::user("good"), Prompt::user("bad")];
    let error = soon(model(&server).classify(prompts, ClassifyOptions::default())).await;
    assert_eq!(error.expect_err("failed").kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn logits_of_the_whole_vocabulary_are_refused() {
    let server = serve(Reply::error(500, "not asked"));
    let options = ClassifyOptions::default().with_logits();
    let error = soon(model(&server).classify(vec![Prompt::user("a")], options)).await;
    let error = error.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("logits"), "{error}");
    assert_eq!(server.stats().requests, 0);
}
