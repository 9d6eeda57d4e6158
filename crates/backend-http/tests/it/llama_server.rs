//! A real llama-server with a real model.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use inference_conformance::{Activity, Kind, Report, Scenario, Subject, check_all};
use inference_core::{
    ClassifyOptions, ErrorKind, Event, FinishReason, GenerateOptions, Message, Prompt, TextModel,
};
use serde_json::json;

use crate::llama_server_process::LlamaServer;
use crate::server::soon;

async fn answer(
    server: &LlamaServer,
    prompt: Prompt,
    options: GenerateOptions,
) -> inference_core::Generation {
    let answer = server.model().generate(prompt, options).into_generation();
    soon(answer).await.expect("an answer")
}

fn capital() -> Prompt {
    Prompt::Chat(vec![
        Message::system("You are a helpful assistant."),
        Message::user("What is the capital of France?"),
    ])
}

/// One server for all of it: starting one takes longer than most of what is looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_server_keeps_the_contract() {
    let server = LlamaServer::start().await;
    greedy_answers(&server).await;
    raw_prompts(&server).await;
    seeds(&server).await;
    stop_strings(&server).await;
    log_probabilities(&server).await;
    schemas(&server).await;
    sampling_options_arrive(&server).await;
    limits(&server).await;
    dropping_frees_the_slot(&server).await;
    classification(&server).await;
    conformance(server).await;
}

async fn greedy_answers(server: &LlamaServer) {
    let options = GenerateOptions::default().max_tokens(16);
    let first = answer(server, capital(), options.clone()).await;
    assert!(first.text.contains("Paris"), "{}", first.text);
    assert!(first.metrics.decode_tokens_per_second.expect("a rate") > 0.0);
    assert!(first.usage.prompt_tokens.expect("counted") > 5);
    assert_eq!(answer(server, capital(), options).await.text, first.text);
}

async fn raw_prompts(server: &LlamaServer) {
    let options = GenerateOptions::default().max_tokens(3);
    let raw = answer(
        server,
        Prompt::text("The capital of France is"),
        options.clone(),
    )
    .await;
    assert!(raw.text.starts_with(" Paris"), "{}", raw.text);
    let chat = answer(server, Prompt::user("The capital of France is"), options).await;
    assert!(
        chat.usage.prompt_tokens > raw.usage.prompt_tokens,
        "the template adds tokens"
    );
}

async fn seeds(server: &LlamaServer) {
    let story = || Prompt::user("Tell me a story.");
    let seeded = |seed| {
        GenerateOptions::default()
            .max_tokens(12)
            .temperature(1.2)
            .seed(seed)
    };
    let first = answer(server, story(), seeded(7)).await.text;
    assert_eq!(answer(server, story(), seeded(7)).await.text, first);
    assert_ne!(answer(server, story(), seeded(8)).await.text, first);
}

async fn stop_strings(server: &LlamaServer) {
    let options = GenerateOptions::default().max_tokens(40).stop(["ris"]);
    let stopped = answer(server, capital(), options).await;
    assert!(stopped.text.ends_with("Pa"), "{}", stopped.text);
    assert_eq!(stopped.finish_reason, FinishReason::Stop);
}

async fn log_probabilities(server: &LlamaServer) {
    for (alternatives, prompt) in [(3, capital()), (0, capital()), (2, Prompt::text("1 2 3"))] {
        let options = GenerateOptions::default()
            .max_tokens(4)
            .logprobs(alternatives);
        let answer = answer(server, prompt, options).await;
        assert_eq!(answer.tokens.len(), 4);
        for token in &answer.tokens {
            assert!(token.logprob.expect("a log probability") <= 0.0);
            assert!(token.id.is_some());
            assert_eq!(token.alternatives.len(), usize::from(alternatives));
        }
    }
}

async fn schemas(server: &LlamaServer) {
    let schema = json!({"type": "object", "properties": {"age": {"type": "integer"}},
        "required": ["age"], "additionalProperties": false});
    for prompt in [
        Prompt::user("How old are you?"),
        Prompt::text("Age as JSON: "),
    ] {
        let options = GenerateOptions::default()
            .max_tokens(60)
            .schema(schema.clone());
        let answer = answer(server, prompt, options).await;
        let value: serde_json::Value = serde_json::from_str(&answer.text).expect("JSON");
        assert!(value["age"].is_i64(), "{value}");
    }
}

/// What the server says that a request asks for.
async fn sampling_options_arrive(server: &LlamaServer) {
    let options = GenerateOptions::default()
        .max_tokens(200)
        .temperature(0.7)
        .top_k(17)
        .top_p(0.83)
        .min_p(0.07)
        .repeat_penalty(1.25)
        .repeat_window(33)
        .seed(1234);
    let mut stream = server
        .model()
        .generate(Prompt::user("Count to one hundred."), options);
    soon(stream.next())
        .await
        .expect("an event")
        .expect("a token");
    let slots = server.get("/slots").await;
    let slots = slots.as_array().expect("slots").iter();
    let busy = slots
        .clone()
        .find(|slot| slot["is_processing"] == true)
        .expect("a busy slot");
    let params = &busy["params"];
    for (name, value) in [
        ("temperature", 0.7),
        ("top_k", 17.0),
        ("top_p", 0.83),
        ("min_p", 0.07),
        ("repeat_penalty", 1.25),
        ("repeat_last_n", 33.0),
        ("seed", 1234.0),
        ("max_tokens", 200.0),
    ] {
        let said = params[name].as_f64().expect(name);
        assert!((said - value).abs() < 1e-5, "{name}: {said}");
    }
    let order = json!(["penalties", "top_k", "top_p", "min_p", "temperature"]);
    assert_eq!(params["samplers"], order);
}

async fn limits(server: &LlamaServer) {
    let short = answer(server, capital(), GenerateOptions::default().max_tokens(1)).await;
    assert_eq!(short.finish_reason, FinishReason::Length);
    assert_eq!(short.usage.generated_tokens, Some(1));
    let long = Prompt::user("word ".repeat(3000));
    let refused = server
        .model()
        .generate(long, GenerateOptions::default())
        .into_generation();
    let error = soon(refused).await.expect_err("too long").error;
    assert_eq!(error.kind(), ErrorKind::ContextExceeded);
    let messages = vec![Message::system("Be brief."), Message::user("Say yes.")];
    answer(
        server,
        Prompt::Chat(messages),
        GenerateOptions::default().max_tokens(4),
    )
    .await;
}

async fn dropping_frees_the_slot(server: &LlamaServer) {
    let options = GenerateOptions::default().max_tokens(800);
    let mut stream = server
        .model()
        .generate(Prompt::user("Tell me a long story."), options);
    let first = soon(stream.next())
        .await
        .expect("an event")
        .expect("a token");
    assert!(matches!(first, Event::Token(_)));
    assert_eq!(server.busy_slots().await, 1);
    drop(stream);
    let dropped = Instant::now();
    while server.busy_slots().await > 0 {
        assert!(
            dropped.elapsed() < Duration::from_secs(1),
            "the slot is still busy"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn classification(server: &LlamaServer) {
    let prompts = vec![
        Prompt::text("The capital of France is"),
        Prompt::text("The capital of Italy is"),
    ];
    let options = ClassifyOptions::default().with_alternatives(3);
    let classified = soon(server.model().classify(prompts, options))
        .await
        .expect("classified");
    let tokens: Vec<_> = classified.iter().map(|one| one.token.text.trim()).collect();
    assert_eq!(tokens, ["Paris", "Rome"]);
    assert_eq!(classified[0].token.alternatives.len(), 3);
}

struct RealSubject {
    server: LlamaServer,
    model: Arc<dyn TextModel>,
}

impl Subject for RealSubject {
    fn model(&self) -> Arc<dyn TextModel> {
        Arc::clone(&self.model)
    }

    fn prompt(&self, scenario: Scenario) -> Option<Prompt> {
        Some(match scenario {
            Scenario::Short => capital(),
            Scenario::Long => Prompt::user("Count from 1 to 200, separated by commas."),
            Scenario::Unicode => Prompt::user("Repeat: café 你好 😀"),
            Scenario::Overflow => Prompt::user("word ".repeat(3000)),
            _ => return None,
        })
    }

    fn disposable(&self) -> BoxFuture<'_, Option<Arc<dyn TextModel>>> {
        let model: Arc<dyn TextModel> = Arc::new(self.server.model());
        async { Some(model) }.boxed()
    }

    fn activity(&self) -> BoxFuture<'_, Option<Activity>> {
        async { Some(Activity::new(self.server.busy_slots().await)) }.boxed()
    }
}

async fn conformance(server: LlamaServer) {
    let model = Arc::new(server.model());
    let report: Report = check_all(&RealSubject { server, model }).await;
    assert_eq!(report.failed(), [], "{report}");
    let exercised = report.outcomes().len() - report.not_exercised().len();
    assert!(
        exercised >= 16,
        "{exercised} checks of {Kind:?}: {report}",
        Kind = Kind::Http
    );
}
