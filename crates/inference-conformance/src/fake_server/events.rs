//! The `data` of server-sent events as OpenAI-compatible servers send them.

use serde_json::{Value, json};

/// The end of a stream.
pub const DONE: &str = "[DONE]";

/// A whole chat stream: role, one event a token, finish reason `stop`, usage, `[DONE]`.
pub fn chat<S: AsRef<str>>(tokens: impl IntoIterator<Item = S>) -> Vec<String> {
    let mut events = vec![role()];
    events.extend(tokens.into_iter().map(|token| delta(token.as_ref())));
    let tokens = events.len() as u64 - 1;
    events.extend([finish("stop"), usage(5, tokens), DONE.to_owned()]);
    events
}

/// A whole stream of `/v1/completions`: one event a token, finish reason and usage, `[DONE]`.
pub fn completion<S: AsRef<str>>(tokens: impl IntoIterator<Item = S>) -> Vec<String> {
    let piece = |text: &str, finish: Option<&str>| {
        json!({
            "choices": [{"text": text, "index": 0, "logprobs": null, "finish_reason": finish}],
            "created": 0, "model": "fake", "object": "text_completion", "id": "cmpl-fake",
        })
    };
    let mut events: Vec<String> = tokens
        .into_iter()
        .map(|token| piece(token.as_ref(), None).to_string())
        .collect();
    let mut last = piece("", Some("stop"));
    last["usage"] = usage_value(5, events.len() as u64);
    events.extend([last.to_string(), DONE.to_owned()]);
    events
}

/// The first event of a chat stream.
pub fn role() -> String {
    chat_chunk(&json!({"role": "assistant", "content": null}), None)
}

/// A piece of a chat answer.
pub fn delta(text: &str) -> String {
    chat_chunk(&json!({"content": text}), None)
}

/// A piece of a chat answer with its log probabilities.
pub(super) fn delta_with(text: &str, logprobs: &Value) -> String {
    let choice = json!({
        "finish_reason": null,
        "index": 0,
        "delta": {"content": text},
        "logprobs": logprobs,
    });
    chunk(&json!([choice])).to_string()
}

/// The finish reason of a chat answer.
pub fn finish(reason: &str) -> String {
    chat_chunk(&json!({}), Some(reason))
}

/// The usage of a chat answer, with `choices: []`.
pub fn usage(prompt: u64, completion: u64) -> String {
    let mut chunk = chunk(&json!([]));
    chunk["usage"] = usage_value(prompt, completion);
    chunk.to_string()
}

/// An error in the middle of a stream, as llama-server sends it.
pub fn error(code: u16, message: &str) -> String {
    error_body(code, message)
}

/// The body of an error reply.
pub(super) fn error_body(code: u16, message: &str) -> String {
    let kind = match code {
        401 => "authentication_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        501 => "not_supported_error",
        503 => "unavailable_error",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    };
    json!({"error": {"code": code, "message": message, "type": kind}}).to_string()
}

/// The body of a reply that is not streamed.
pub(super) fn whole_chat(text: &str) -> String {
    let message = json!({"role": "assistant", "content": text});
    let mut body = chunk(&json!([{"finish_reason": "stop", "index": 0, "message": message}]));
    body["object"] = "chat.completion".into();
    body["usage"] = usage_value(5, 1);
    body.to_string()
}

fn usage_value(prompt: u64, completion: u64) -> Value {
    let total = prompt + completion;
    json!({"completion_tokens": completion, "prompt_tokens": prompt, "total_tokens": total})
}

fn chat_chunk(delta: &Value, finish: Option<&str>) -> String {
    let choice = json!({"finish_reason": finish, "index": 0, "delta": delta});
    chunk(&json!([choice])).to_string()
}

fn chunk(choices: &Value) -> Value {
    json!({
        "choices": choices,
        "created": 1_700_000_000,
        "id": "chatcmpl-00000000000000000000000000000000",
        "model": "fake-model-for-tests-and-benchmarks.gguf",
        "system_fingerprint": "b1-fake",
        "object": "chat.completion.chunk",
    })
}
