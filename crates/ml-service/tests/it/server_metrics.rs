//! `/metrics`: what is counted, under which names, and what Prometheus' own checker says of it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use inference_conformance::{Script, ScriptedModel};
use inference_core::{Error, ErrorKind};
use ml_service::server::{Access, ApiKey};
use serde_json::json;

use crate::server_client::{Rig, chat, soon};
use crate::setup::cached;

/// Values by their series, as the text has them.
struct Metrics {
    text: String,
    series: BTreeMap<String, f64>,
}

impl Metrics {
    async fn of(rig: &Rig) -> Self {
        let reply = rig.get("/metrics").await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.headers["content-type"], "text/plain; version=0.0.4");
        let text = reply.text();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let series = lines.map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        });
        let series = series.collect();
        Self { text, series }
    }

    /// A request has ended when its last byte was taken, which is not always before the client
    /// has it.
    async fn when(rig: &Rig, is_so: impl Fn(&Self) -> bool) -> Self {
        soon(async {
            loop {
                let metrics = Self::of(rig).await;
                if is_so(&metrics) {
                    return metrics;
                }
            }
        })
        .await
    }

    fn get(&self, series: &str) -> f64 {
        self.series.get(series).copied().unwrap_or_default()
    }

    /// The sum of all series of this name with all of these labels.
    fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let is_meant = |series: &str| {
            series.split('{').next() == Some(name)
                && labels.iter().all(|label| series.contains(label))
        };
        let meant = self.series.iter().filter(|(series, _)| is_meant(series));
        meant.map(|(_, value)| value).sum()
    }

    #[track_caller]
    fn check(&self, name: &str, labels: &[&str], expected: f64) {
        let sum = self.sum(name, labels);
        assert!(
            (sum - expected).abs() < 1e-9,
            "{name} {labels:?} is {sum}, not {expected}:\n{}",
            self.text
        );
    }
}

/// Fails with what `promtool check metrics` has to say.
fn promtool(text: &str) {
    let mut checker = Command::new(cached("bin/promtool"))
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = checker.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    let done = checker.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.is_empty(), "{said}\n{text}");
}

fn is_finished(requests: f64) -> impl Fn(&Metrics) -> bool {
    move |metrics| {
        let all = metrics.sum("http_server_request_duration_seconds_count", &["POST"]);
        all >= requests
    }
}

#[tokio::test]
async fn requests_tokens_and_times_are_counted_once_and_promtool_agrees() {
    let rig = Rig::saying(["Par", "is", "."]).await;
    for _ in 0..3 {
        rig.chat(json!({})).await;
    }
    for _ in 0..2 {
        rig.chat(json!({"stream": true})).await.events();
    }
    rig.chat(json!({"n": 2})).await;
    let prompt = json!({"model": "talker", "prompt": "one two"});
    rig.post("/v1/completions", &prompt).await;
    rig.chat(json!({"temperature": 9})).await.error(400);
    rig.chat(json!({"model": "made-up"})).await.error(404);
    rig.send("BREW", "/pot/1", &[], b"").await.error(404);
    let metrics = Metrics::when(&rig, is_finished(9.0)).await;
    promtool(&metrics.text);

    let chats = ["gen_ai_operation_name=\"chat\"", "=\"talker\""];
    let texts = ["gen_ai_operation_name=\"text_completion\"", "=\"talker\""];
    for name in [
        "gen_ai_server_request_duration_seconds_count",
        "gen_ai_server_time_to_first_token_seconds_count",
        "ml_request_queue_time_seconds_count",
    ] {
        metrics.check(name, &chats, 6.0);
        metrics.check(name, &texts, 1.0);
    }
    // That of two answers at once cannot be told.
    let name = "gen_ai_server_time_per_output_token_seconds_count";
    metrics.check(name, &chats, 5.0);
    metrics.check("ml_generation_tokens_total", &["=\"talker\""], 24.0);
    metrics.check("ml_prompt_tokens_total", &["=\"talker\""], 8.0);

    let name = "http_server_request_duration_seconds_count";
    let route = "http_route=\"/v1/chat/completions\"";
    for (status, count) in [("200", 6.0), ("400", 1.0), ("404", 1.0)] {
        metrics.check(name, &[route, &format!("\"{status}\"")], count);
    }
    metrics.check(name, &["=\"_OTHER\"", "http_route=\"\"", "\"404\""], 1.0);
    let name = "ml_request_errors_total";
    metrics.check(name, &[route, "=\"invalid_request_error\""], 1.0);
    metrics.check(name, &[route, "=\"model_not_found\""], 1.0);
    metrics.check(name, &["=\"unknown_url\""], 1.0);
    metrics.check("http_server_active_requests", &[], 1.0);
    for made_up in ["made-up", "BREW", "pot"] {
        assert!(!metrics.text.contains(made_up), "{}", metrics.text);
    }
}

#[tokio::test]
async fn a_failed_answer_has_its_class_and_no_time_per_token() {
    let failing = Script::new(["Par"]).then_fail(Error::new(ErrorKind::Crashed, "it is gone"));
    let rig = Rig::saying(failing).await;
    rig.chat(json!({"stream": true})).await;
    rig.chat(json!({})).await.error(503);
    let metrics = Metrics::when(&rig, is_finished(2.0)).await;
    metrics.check("ml_request_errors_total", &["=\"crashed\""], 2.0);
    let name = "gen_ai_server_request_duration_seconds_count";
    metrics.check(name, &["error_type=\"crashed\""], 2.0);
    let name = "gen_ai_server_time_to_first_token_seconds_count";
    metrics.check(name, &["=\"talker\""], 2.0);
    let name = "gen_ai_server_time_per_output_token_seconds_count";
    metrics.check(name, &[], 0.0);
    // What had come is counted, though nobody says how many there were.
    metrics.check("ml_generation_tokens_total", &["=\"talker\""], 2.0);
}

#[tokio::test]
async fn a_client_that_leaves_is_counted_as_cancelled() {
    let stalling = Script::new(["a", "b"]).then_stall();
    let rig = Rig::saying(stalling).await;
    let mut client = rig.connect().await;
    let body = chat(json!({"stream": true})).to_string();
    client
        .request("POST", "/v1/chat/completions", &[], body.as_bytes())
        .await;
    client.head().await;
    client.until("\"b\"").await;
    let metrics = Metrics::of(&rig).await;
    metrics.check("http_server_active_requests", &[], 2.0);
    metrics.check("ml_generation_tokens_total", &["=\"talker\""], 2.0);
    drop(client);
    let metrics = Metrics::when(&rig, is_finished(1.0)).await;
    metrics.check("ml_request_errors_total", &["=\"cancelled\""], 1.0);
    metrics.check("http_server_active_requests", &[], 1.0);
    metrics.check("ml_generation_tokens_total", &["=\"talker\""], 2.0);
}

#[tokio::test]
async fn models_and_their_queues_are_shown_before_they_are_asked() {
    let rig = Rig::saying(["a"]).await;
    let metrics = Metrics::of(&rig).await;
    promtool(&metrics.text);
    let loaded = "ml_model_state{gen_ai_request_model=\"talker\",state=\"loaded\"}";
    assert!(metrics.get(loaded) > 0.0, "{}", metrics.text);
    metrics.check("ml_model_state", &[], 1.0);
    for name in ["ml_requests_running", "ml_requests_waiting"] {
        assert!(
            metrics.text.contains(&format!("\n{name}{{gen_ai")),
            "{name}"
        );
    }
    metrics.check("ml_build_info", &["version="], 1.0);
    if cfg!(target_os = "linux") {
        assert!(metrics.get("process_resident_memory_bytes") > 0.0);
    }
}

#[tokio::test]
async fn what_names_the_models_wants_the_key() {
    let model = ScriptedModel::new("talker");
    let key = ApiKey::new("sk-one").unwrap();
    let rig = Rig::with(model, |config| config.access = Access::Keys(vec![key])).await;
    rig.get("/metrics").await.error(401);
    let with_key = [("authorization", "Bearer sk-one")];
    let reply = rig.send("GET", "/metrics", &with_key, b"").await;
    assert_eq!(reply.status, 200);
    let text = reply.text();
    assert!(text.contains("error_type=\"invalid_api_key\""), "{text}");
}
