//! The real model, as a caller of the contract sees it.

use std::error::Error as _;
use std::num::NonZeroU32;
use std::time::Duration;

use backend_llama::{Crash, CrashLimit, LlamaConfig, LlamaTextModel};
use futures::StreamExt;
use inference_core::{
    Backend, ErrorKind, Event, FinishReason, GenerateOptions, Generation, GenerationError, Message,
    OptionKind, Prompt, Retry, TextModel, TokenStream, Tool,
};
use rustix::process::Signal;
use serde_json::json;

use crate::support::{SOON, gone, kill, n, real};

const CAPITAL: &str = "Name the capital of France.";

async fn load(config: LlamaConfig) -> LlamaTextModel {
    LlamaTextModel::load(config).await.unwrap()
}

fn options(max_tokens: u32) -> GenerateOptions {
    GenerateOptions::default().max_tokens(max_tokens)
}

async fn ask(model: &LlamaTextModel, max_tokens: u32) -> Result<Generation, GenerationError> {
    let answer = model.generate(Prompt::user(CAPITAL), options(max_tokens));
    answer.into_generation().await
}

/// An answer in work, and what has come of it.
async fn endless(model: &LlamaTextModel) -> (TokenStream, String) {
    let prompt = Prompt::user("Count from 1 to 1000, separated by commas.");
    let mut answer = model.generate(prompt, options(1500));
    let mut text = String::new();
    while text.len() < 10 {
        match answer.next().await.unwrap().unwrap() {
            Event::Token(token) => text.push_str(&token.text),
            other => panic!("{other:?}"),
        }
    }
    (answer, text)
}

fn id(model: &LlamaTextModel) -> u32 {
    model.server().running().unwrap().id()
}

/// A chat template with a place for tools, which the real model's own has not.
const WITH_TOOLS: &str = "\
{% if tools %}<|im_start|>system\nTools: {{ tools | tojson }}<|im_end|>\n{% endif %}\
{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}\
{% for call in message.tool_calls or [] %}<tool_call>{{ call.function | tojson }}</tool_call>{% endfor %}\
<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

#[tokio::test]
async fn tools_are_refused_where_the_template_would_drop_them() {
    let tool = Tool {
        name: "clock".to_owned(),
        description: "Tells the time.".to_owned(),
        parameters: json!({"type": "object", "properties": {}}),
    };
    let asked = options(8).tools(vec![tool]);

    let model = load(real()).await;
    assert!(!model.supports(OptionKind::Tools));
    let answer = model.generate(Prompt::user(CAPITAL), asked.clone());
    let error = answer.into_generation().await.unwrap_err().error;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("tools"), "{error}");
    let without = model.generate(Prompt::user(CAPITAL), options(8));
    let without = without.into_generation().await.unwrap();

    let model = load(real().with_extra_args(["--chat-template", WITH_TOOLS])).await;
    assert!(model.supports(OptionKind::Tools));
    let answer = model.generate(Prompt::user(CAPITAL), asked);
    let shown = answer.into_generation().await.unwrap();
    assert!(shown.usage.prompt_tokens > without.usage.prompt_tokens);
}

#[tokio::test]
async fn a_question_is_answered() {
    let model = load(real()).await;
    let answer = ask(&model, 16).await.unwrap();
    assert!(answer.text.contains("Paris"), "{}", answer.text);
    assert_eq!(answer.finish_reason, FinishReason::Stop);
    assert!(answer.usage.prompt_tokens.unwrap() > 10);
    assert!(answer.metrics.decode_tokens_per_second.unwrap() > 0.0);
    assert!(model.availability().await.is_available());

    let info = model.info();
    assert_eq!(
        (info.backend.as_str(), info.name.as_str()),
        ("llama_cpp", "SmolLM2-135M-Instruct.Q4_1")
    );
    assert_eq!(info.architecture.as_deref(), Some("llama"));
    assert_eq!((info.num_layers, info.hidden_size), (Some(30), Some(576)));
    assert_eq!((info.vocab_size, info.quant_bits), (Some(49_152), Some(4)));
    assert_eq!(
        (info.context_length, info.has_chat_template),
        (Some(2048), Some(true))
    );
}

#[tokio::test]
async fn the_interface_of_strings_works_alike() {
    let backend = load(real()).await.into_backend();
    assert_eq!(backend.name(), "llama_cpp");
    assert!(backend.availability().await.is_available());
    let answer = backend.generate(CAPITAL, &options(16)).await.unwrap();
    assert!(answer.text.contains("Paris"), "{}", answer.text);
    let messages = [
        Message::system("You are a helpful assistant."),
        Message::user("What is the capital of Italy?"),
        Message::assistant("The capital of Italy is Rome."),
        Message::user("What is the capital of France?"),
    ];
    let answer = backend.chat(&messages, &options(16)).await.unwrap();
    assert!(answer.text.contains("Paris"), "{}", answer.text);

    backend.close().await.unwrap();
    assert!(!backend.availability().await.is_available());
    let error = backend.generate(CAPITAL, &options(16)).await.unwrap_err();
    assert_eq!(error.error.kind(), ErrorKind::Closed);
}

#[tokio::test]
async fn a_prompt_that_fills_the_context_is_refused_with_the_numbers() {
    let model = load(real().with_context_length(n(256)).with_parallel(n(1))).await;
    assert_eq!(model.info().context_length, Some(256));
    let long = Prompt::text("word ".repeat(300));
    let error = model
        .generate(long, options(4))
        .into_generation()
        .await
        .unwrap_err()
        .error;
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::ContextExceeded, Retry::ShrinkContext)
    );
    assert!(error.message().contains("256"), "{error}");

    let endless = Prompt::text("1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,");
    let answer = model
        .generate(endless, options(100_000))
        .into_generation()
        .await
        .unwrap();
    assert_eq!(answer.finish_reason, FinishReason::Length);
    let usage = answer.usage;
    let filled = usage.prompt_tokens.unwrap() + usage.generated_tokens.unwrap();
    assert!((250..=257).contains(&filled), "{usage:?}");
}

#[tokio::test]
async fn a_crash_keeps_the_partial_answer_and_the_next_request_restarts() {
    let model = load(real()).await;
    let (mut answer, _) = endless(&model).await;
    let first = id(&model);
    kill(first, Signal::KILL);
    let error = loop {
        match answer.next().await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Crashed, Retry::Backoff)
    );
    let crash: &Crash = error.source().unwrap().downcast_ref().unwrap();
    assert_eq!(crash.exit.signal(), Some(Signal::KILL.as_raw()));
    assert!(!crash.last_lines.is_empty());
    assert!(crash.to_string().contains("SIGKILL"), "{crash}");
    assert!(answer.next().await.is_none());

    assert!(ask(&model, 16).await.unwrap().text.contains("Paris"));
    assert_ne!(id(&model), first);
}

#[tokio::test]
async fn a_server_that_has_just_died_is_replaced_or_told_of() {
    let limit = CrashLimit::new(NonZeroU32::MAX, SOON, SOON);
    let model = load(real().with_crash_limit(limit)).await;
    for _ in 0..3 {
        let instance = model.server().ready().await.unwrap();
        kill(instance.id(), Signal::KILL);
        match ask(&model, 8).await {
            Ok(answer) => assert!(answer.text.contains("Paris"), "{}", answer.text),
            // It was not quite dead when it was asked.
            Err(failed) => assert_eq!(failed.error.kind(), ErrorKind::Crashed, "{failed}"),
        }
        instance.ended().await;
    }
}

#[tokio::test]
async fn a_frozen_server_is_a_timeout_and_the_next_request_gets_another() {
    let model = load(real().with_idle_timeout(Duration::from_millis(500))).await;
    let (mut answer, _) = endless(&model).await;
    let frozen = id(&model);
    kill(frozen, Signal::STOP);
    let error = loop {
        match answer.next().await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(ask(&model, 16).await.unwrap().text.contains("Paris"));
    assert_ne!(id(&model), frozen);
}

#[tokio::test]
async fn a_closed_model_leaves_nothing_and_answers_no_more() {
    let model = load(real().with_stop_grace(SOON)).await;
    let (mut answer, _) = endless(&model).await;
    let instance = model.server().running().unwrap();
    model.close().await.unwrap();
    gone(
        instance.id(),
        instance.socket().parent().unwrap(),
        Duration::ZERO,
    );
    assert_eq!(
        instance.exit().unwrap().code(),
        Some(0),
        "it was asked to stop"
    );
    let error = loop {
        match answer.next().await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert_eq!(
        ask(&model, 16).await.unwrap_err().error.kind(),
        ErrorKind::Closed
    );
    model.close().await.unwrap();
    assert!(
        model.server().running().is_none(),
        "it is not started again"
    );
}

#[tokio::test]
async fn a_model_lives_as_long_as_its_last_answer() {
    let model = load(real()).await;
    let instance = model.server().running().unwrap();
    let (id, folder) = (
        instance.id(),
        instance.socket().parent().unwrap().to_owned(),
    );
    drop(instance);
    let (mut answer, _) = endless(&model).await;
    drop(model);
    assert!(answer.next().await.unwrap().is_ok());
    drop(answer);
    gone(id, &folder, SOON);
}

#[tokio::test]
async fn another_model_is_refused_by_name() {
    let model = load(real()).await;
    let named = |name: &str| model.generate(Prompt::user(CAPITAL), options(4).model(name));
    let error = named("gpt-5").into_generation().await.unwrap_err().error;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(
        error.message().contains("gpt-5") && error.message().contains("SmolLM2"),
        "{error}"
    );
    named("SmolLM2-135M-Instruct.Q4_1")
        .into_generation()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_chat_without_a_template_is_refused_and_names_the_raw_way() {
    let mut bytes = std::fs::read(real().model).unwrap();
    let key = b"tokenizer.chat_template";
    let at = bytes
        .windows(key.len())
        .position(|window| window == key)
        .unwrap();
    bytes[at + key.len() - 1] = b'x';
    let folder = tempfile::tempdir().unwrap();
    let mut config = real();
    config.model = folder.path().join("base.gguf");
    std::fs::write(&config.model, bytes).unwrap();

    let model = load(config.clone()).await;
    let error = ask(&model, 4).await.unwrap_err().error;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("raw prompt"), "{error}");
    let raw = model.generate(Prompt::text("The capital of France is"), options(4));
    assert!(raw.into_generation().await.unwrap().text.contains("Paris"));
    model.close().await.unwrap();

    let model = load(config.with_extra_args(["--chat-template", "chatml"])).await;
    assert!(ask(&model, 16).await.unwrap().text.contains("Paris"));
}

/// More than the backlog of the server's socket.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_requests_waits_in_line() {
    let model = load(real()).await;
    let answers = (0..300).map(|_| {
        let prompt = Prompt::text("The capital of France is");
        model.generate(prompt, options(1)).into_generation()
    });
    for answer in futures::future::join_all(answers.map(tokio::spawn)).await {
        assert_eq!(answer.unwrap().unwrap().text, " Paris");
    }
}
