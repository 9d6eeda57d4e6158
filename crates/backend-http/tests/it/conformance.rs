//! The contract, on a server of our own that can be made to fail.

use std::sync::Arc;
use std::time::Duration;

use backend_http::{Dialect, HttpConfig, HttpTextModel};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use inference_conformance::fake_server::{FakeServer, Reply, Request, events};
use inference_conformance::{Activity, Fault, Kind, Provoked, Scenario, Subject, check_all};
use inference_core::{Prompt, TextModel};
use serde_json::Value;

const CONTEXT: usize = 2048;

struct FakeSubject {
    server: FakeServer,
    model: Arc<HttpTextModel>,
}

impl FakeSubject {
    fn new() -> Self {
        let server = FakeServer::tcp(answer).expect("a free port");
        let model = Self::model_of(&server, "");
        Self { server, model }
    }

    /// A model of the server behind a path that chooses a fault.
    fn model_of(server: &FakeServer, fault: &str) -> Arc<HttpTextModel> {
        let config = HttpConfig::new(format!("{}{fault}", server.url()))
            .model("fake")
            .dialect(Dialect::Vllm)
            .max_retries(1)
            .idle_timeout(Duration::from_secs(1));
        Arc::new(HttpTextModel::new(config).expect("a model"))
    }
}

impl Subject for FakeSubject {
    fn model(&self) -> Arc<dyn TextModel> {
        self.model.clone()
    }

    fn prompt(&self, scenario: Scenario) -> Option<Prompt> {
        Some(match scenario {
            Scenario::Overflow => Prompt::user("word ".repeat(CONTEXT + 1)),
            other => Prompt::user(format!("{other:?}")),
        })
    }

    fn disposable(&self) -> BoxFuture<'_, Option<Arc<dyn TextModel>>> {
        let model: Arc<dyn TextModel> = Self::model_of(&self.server, "");
        async { Some(model) }.boxed()
    }

    fn provoke(&self, fault: Fault) -> BoxFuture<'_, Option<Provoked>> {
        let path = match fault {
            Fault::Cut => "/cut",
            Fault::Stall => "/stall",
            Fault::RateLimit => "/limit",
            _ => return async { None }.boxed(),
        };
        let model = Self::model_of(&self.server, path);
        async { Some(Provoked::new(model, Prompt::user("Long"))) }.boxed()
    }

    fn activity(&self) -> BoxFuture<'_, Option<Activity>> {
        let stats = self.server.stats();
        let activity = Activity::new(stats.open_replies)
            .with_requests(stats.requests)
            .with_tokens(stats.pieces);
        async move { Some(activity) }.boxed()
    }
}

/// A server with a model that says what its prompt asks for.
fn answer(request: &Request) -> Reply {
    let body = request.json();
    let prompt = body["messages"][0]["content"].as_str().unwrap_or_default();
    if prompt.split_whitespace().count() > CONTEXT {
        let error = r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#;
        return Reply::json(400, error);
    }
    let reply = match prompt {
        "Endless" => return Reply::flood(u64::MAX / 2),
        _ => stream(&words(prompt, &body), &body),
    };
    match request.path.trim_start_matches('/').split('/').next() {
        Some("cut") => reply.cut_at(2000),
        Some("stall") => reply.stall_at(2000),
        Some("limit") => Reply::error(429, "slow down"),
        // A long answer takes its time, so that it can be caught in the middle.
        _ if prompt == "Long" && body["max_tokens"] == 1024 => reply.stall_at(4000),
        _ => reply,
    }
}

/// What the model would say, by prompt and seed.
fn words(prompt: &str, body: &Value) -> Vec<String> {
    let seed = body["seed"].as_u64().unwrap_or(0);
    match prompt {
        "Empty" => Vec::new(),
        "Unicode" => ["caf", "é", " 你好", " 😀"].map(str::to_owned).to_vec(),
        "Long" => (1..=200)
            .map(|number| format!(" {}", number * (seed + 1)))
            .collect(),
        other => other
            .split(' ')
            .rev()
            .map(|word| format!(" {word}"))
            .collect(),
    }
}

/// The words as tokens, as far as the limit goes.
fn stream(words: &[String], body: &Value) -> Reply {
    let limit = body["max_tokens"].as_u64().unwrap_or(u64::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let shown = &words[..words.len().min(limit)];
    let reason = if shown.len() < words.len() || shown.len() == limit {
        "length"
    } else {
        "stop"
    };
    let mut stream = vec![events::role()];
    stream.extend(shown.iter().map(|word| chunk(word, body)));
    stream.extend([
        events::finish(reason),
        events::usage(5, shown.len() as u64),
        events::DONE.to_owned(),
    ]);
    Reply::sse(stream)
}

fn chunk(word: &str, body: &Value) -> String {
    let mut chunk: Value = serde_json::from_str(&events::delta(word)).expect("JSON");
    if body["logprobs"] == true {
        let entry = serde_json::json!({"token": word, "logprob": -0.5});
        let mut chosen = entry.clone();
        chosen["top_logprobs"] = serde_json::json!([entry]);
        chunk["choices"][0]["logprobs"] = serde_json::json!({"content": [chosen]});
    }
    chunk.to_string()
}

#[tokio::test]
async fn the_model_of_a_fake_server_conforms() {
    let subject = FakeSubject::new();
    let report = check_all(&subject).await;
    report.require(Kind::Http);
}
