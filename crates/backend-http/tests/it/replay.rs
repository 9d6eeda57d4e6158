//! What a real llama-server sent, byte for byte, becomes the answer of the contract.

use backend_http::{Dialect, HttpTextModel};
use inference_core::{
    ErrorKind, Event, FinishReason, GenerateOptions, Generation, GenerationError, Prompt,
    TextModel as _, Usage,
};

use crate::recording::Recording;
use crate::server::{config, serve, soon};

/// The answer that a recording gives.
async fn replay(
    name: &str,
    prompt: Prompt,
    options: GenerateOptions,
) -> Result<Generation, GenerationError> {
    let server = serve(Recording::read(name).reply());
    let config = config(&server).dialect(Dialect::LlamaServer);
    let model = HttpTextModel::new(config).expect("a model");
    soon(model.generate(prompt, options).into_generation()).await
}

async fn chat(name: &str) -> Result<Generation, GenerationError> {
    replay(name, Prompt::user("hi"), GenerateOptions::default()).await
}

async fn raw(name: &str) -> Result<Generation, GenerationError> {
    replay(name, Prompt::text("hi"), GenerateOptions::default()).await
}

#[tokio::test]
async fn a_chat_with_usage() {
    let answer = chat("chat_stream_usage").await.expect("an answer");
    assert_eq!(answer.text, "Two and two is");
    assert_eq!(answer.tokens.len(), 4);
    assert_eq!(answer.finish_reason, FinishReason::Length);
    assert_eq!(answer.usage, Usage::new(26, 4).with_cached_tokens(25));
    let rate = answer
        .metrics
        .decode_tokens_per_second
        .expect("the server's clock");
    assert!((rate - 7.217).abs() < 0.001, "{rate}");
}

#[tokio::test]
async fn a_chat_without_usage_counts_by_the_servers_clock() {
    let answer = chat("chat_eos_stream").await.expect("an answer");
    assert_eq!(answer.usage.generated_tokens, Some(100));
    assert_eq!(answer.usage.cached_tokens, Some(36));
    assert_eq!(answer.usage.prompt_tokens, Some(37));
}

#[tokio::test]
async fn a_chat_that_ends_at_a_stop_string() {
    let options = GenerateOptions::default().stop(["three"]);
    let answer = replay("stop_stream", Prompt::user("hi"), options)
        .await
        .expect("an answer");
    assert_eq!(answer.text, "One two ");
    assert_eq!(answer.finish_reason, FinishReason::Stop);
}

#[tokio::test]
async fn log_probabilities_of_both_routes() {
    let options = || GenerateOptions::default().logprobs(2);
    let chat = replay("chat_stream_logprobs", Prompt::user("hi"), options()).await;
    let raw = replay(
        "v1_completions_stream_logprobs",
        Prompt::text("hi"),
        options(),
    )
    .await;
    for (answer, first, id) in [(chat, "Two", 10345), (raw, " Paris", 7042)] {
        let answer = answer.expect("an answer");
        let token = &answer.tokens[0];
        assert_eq!((token.text.as_str(), token.id), (first, Some(id)));
        assert!(token.logprob.expect("a log probability") < 0.0);
        assert_eq!(token.alternatives.len(), 2);
        assert_eq!(token.alternatives[0].text, first);
    }
}

#[tokio::test]
async fn raw_completions() {
    let answer = raw("v1_completions_stream_usage").await.expect("an answer");
    assert_eq!(answer.text, " Paris.");
    assert_eq!(answer.usage, Usage::new(5, 2).with_cached_tokens(4));
    let answer = raw("v1_completions_stream").await.expect("an answer");
    assert!(answer.text.starts_with(" Paris"), "{}", answer.text);
}

#[tokio::test]
async fn replies_that_were_not_streamed() {
    let answer = chat("json_schema").await.expect("an answer");
    assert_eq!(answer.text, "{\n  \"name\": \"Mara\",\n  \"age\": 25\n}");
    let answer = chat("chat_logprobs").await.expect("an answer");
    assert_eq!(answer.tokens.len(), 2);
    let answer = raw("v1_completions").await.expect("an answer");
    assert_eq!(answer.finish_reason, FinishReason::Length);
    let answer = chat("chat_n2").await.expect("an answer");
    assert_eq!(answer.text, "Two and", "the first of two answers");
}

#[tokio::test]
async fn a_context_that_fills_up_in_the_middle_keeps_the_partial() {
    let failed = chat("kvfull_0").await.expect_err("the context is full");
    assert_eq!(failed.error.kind(), ErrorKind::ContextExceeded);
    assert!(
        failed.partial.text.starts_with("The sea is a vast"),
        "{:?}",
        failed.partial
    );
    assert!(
        failed
            .error
            .message()
            .contains("Context size has been exceeded")
    );
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_is_never_success() {
    for name in [
        "sigkill_midstream_chat",
        "sigterm_midstream_chat",
        "sigterm_twice_midstream",
        "term_ping1",
        "term_ping_off",
        "term_stream_to5",
    ] {
        let failed = chat(name).await.expect_err(name);
        assert!(failed.error.is_truncated(), "{name}: {}", failed.error);
        assert!(!failed.partial.text.is_empty(), "{name}");
        assert_eq!(failed.error.backend(), Some("http"));
    }
}

#[tokio::test]
async fn refusals_have_their_kinds() {
    for (name, kind, says) in [
        (
            "err_too_long_chat_stream",
            ErrorKind::ContextExceeded,
            "3031 tokens",
        ),
        (
            "err_bad_role",
            ErrorKind::InvalidRequest,
            "must contain 'content'",
        ),
        (
            "err_bad_grammar_stream",
            ErrorKind::InvalidRequest,
            "grammar",
        ),
        ("err_404_post", ErrorKind::NotFound, "check the URL"),
        ("err_bad_json", ErrorKind::Backend, "parse error"),
        ("key_chat_wrong", ErrorKind::Unauthorized, "API key"),
        ("slots_disabled", ErrorKind::Unsupported, "cannot do this"),
        ("loading_chat", ErrorKind::Unavailable, "still loading"),
        (
            "router_chat",
            ErrorKind::InvalidRequest,
            "model 'x' not found",
        ),
    ] {
        let server = serve(Recording::read(name).reply());
        let config = config(&server).loading_patience(std::time::Duration::ZERO);
        let error = crate::server::refused(config).await;
        assert_eq!(error.kind(), kind, "{name}: {error}");
        assert!(error.message().contains(says), "{name}: {error}");
    }
}

/// Every recorded stream, read chat by chat or as raw text, gives the same events whether the
/// server's chunks come one by one or all at once.
#[tokio::test]
async fn the_framing_of_a_recording_does_not_matter() {
    for name in [
        "chat_stream_usage",
        "chat_stream_logprobs",
        "tools_stream",
        "stop_stream",
    ] {
        let recording = Recording::read(name);
        let whole = Recording {
            chunks: vec![recording.body()],
            ..recording.clone()
        };
        let mut answers = Vec::new();
        for recording in [recording, whole] {
            let server = serve(recording.reply());
            let model = HttpTextModel::new(config(&server)).expect("a model");
            let answer = crate::server::ask(&model).await.expect("an answer");
            answers.push((
                answer.text,
                answer.tokens,
                answer.usage,
                answer.finish_reason,
            ));
        }
        assert_eq!(answers[0], answers[1], "{name}");
    }
}

/// A request of ours has the fields of the recorded one, which a real server has answered.
#[tokio::test]
async fn requests_are_those_that_a_real_server_has_answered() {
    use futures::StreamExt as _;
    use inference_core::Message;

    let recording = Recording::read("chat_stream_logprobs");
    let server = serve(recording.reply());
    let model = HttpTextModel::new(config(&server)).expect("a model");
    let messages = vec![
        Message::system("You are terse."),
        Message::user("What is 2+2?"),
    ];
    let options = GenerateOptions::default()
        .max_tokens(2)
        .temperature(0.0)
        .seed(42)
        .logprobs(2);
    let events: Vec<_> = model
        .generate(Prompt::Chat(messages), options)
        .collect()
        .await;
    assert!(matches!(events.last(), Some(Ok(Event::Finished(_)))));

    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].path, "/v1/chat/completions");
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    let sent = requests[0].json();
    for (name, value) in recording.request.as_object().expect("an object") {
        let same = sent[name] == *value || sent[name].as_f64() == value.as_f64();
        assert!(same, "{name}: {} is not {value}", sent[name]);
    }
}
