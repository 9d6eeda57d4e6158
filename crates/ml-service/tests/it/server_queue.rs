//! The line in front of each model of a server, and models that are still loading.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use inference_conformance::{Script, ScriptedModel};
use inference_core::{
    Availability, Error, LoadOptions, Message, ModelLoader, ModelSource, Prompt, Registry,
    TextModel,
};
use ml_service::server::{Access, ApiKey, ServerConfig};
use serde_json::{Value, json};

use crate::server_client::{Client, Rig, chat, eventually};
use crate::stage::{service, state};
use crate::toy::Toy;

const CHAT: &str = "/v1/chat/completions";

/// Every load gives this one model.
#[derive(Clone)]
struct Resident(Arc<ScriptedModel>);

impl Resident {
    fn registry(&self) -> Registry {
        Registry::new().with(self.clone())
    }
}

impl ModelLoader for Resident {
    fn name(&self) -> &'static str {
        "resident"
    }

    fn availability(&self) -> Availability {
        Availability::Available
    }

    fn accepts(&self, _source: &ModelSource) -> bool {
        true
    }

    fn load(
        &self,
        _source: ModelSource,
        _options: LoadOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TextModel>, Error>> {
        let model: Arc<dyn TextModel> = Arc::<ScriptedModel>::clone(&self.0);
        Box::pin(async move { Ok(model) })
    }
}

/// A server with one model, `talker`, that so many requests may run and wait at.
async fn rig(script: impl Into<Script>, keys: &str, change: impl FnOnce(&mut ServerConfig)) -> Rig {
    let model = Arc::new(ScriptedModel::new("talker").otherwise(script));
    let registry = Resident(Arc::clone(&model)).registry();
    let service = service(registry, "", &[("talker", keys)]);
    service.load("talker").await.unwrap();
    Rig::around(service, model, change).await
}

fn endless() -> Script {
    Script::new(["on ", "and "]).endlessly()
}

async fn start(rig: &Rig, key: &str, text: &str) -> Client {
    let mut client = rig.connect().await;
    let messages = json!([{"role": "user", "content": text}]);
    let body = chat(json!({"stream": true, "messages": messages})).to_string();
    let key = [("authorization", key)];
    client.request("POST", CHAT, &key, body.as_bytes()).await;
    client
}

/// Waits until so many run and wait.
async fn counts(rig: &Rig, running: usize, waiting: usize) {
    eventually(|| {
        let status = rig.service.queue("talker").unwrap();
        (status.running, status.waiting) == (running, waiting)
    })
    .await;
}

#[tokio::test]
async fn a_full_line_is_refused_with_the_time_to_come_back() {
    let keys = "parallel_slots = 1\nmax_waiting = 1";
    let rig = rig(endless(), keys, |_| {}).await;
    let running = start(&rig, "", "a").await;
    counts(&rig, 1, 0).await;
    let waiting = start(&rig, "", "b").await;
    counts(&rig, 1, 1).await;
    for stream in [false, true] {
        let reply = rig.chat(json!({"stream": stream})).await;
        let error = reply.error(429);
        assert_eq!(error["type"], "rate_limit_error");
        assert_eq!(error["code"], "rate_limited");
        assert_eq!(reply.headers["retry-after"], "1");
    }
    // Whoever goes leaves the line, and the next one gets in.
    drop(waiting);
    counts(&rig, 1, 0).await;
    let mut next = start(&rig, "", "c").await;
    counts(&rig, 1, 1).await;
    drop(running);
    next.head().await;
    next.until("and ").await;
    counts(&rig, 1, 0).await;
    drop(next);
    counts(&rig, 0, 0).await;
    rig.generating(0).await;
}

/// What the model was asked, in its order.
fn asked(rig: &Rig) -> Vec<String> {
    let text = |prompt: Prompt| match prompt {
        Prompt::Chat(mut messages) => messages.pop().map(|Message { content, .. }| content),
        _ => None,
    };
    let requests = rig.model.requests().into_iter();
    requests.filter_map(|(prompt, _)| text(prompt)).collect()
}

#[tokio::test]
async fn clients_with_keys_of_their_own_take_turns() {
    let keys = "parallel_slots = 1";
    let rig = rig(endless(), keys, |config| {
        let keys = ["greedy", "modest"];
        let keys = keys.iter().filter_map(|key| ApiKey::new(key));
        config.access = Access::Keys(keys.collect());
    })
    .await;
    let mut line = Vec::new();
    for (waiting, (key, text)) in [
        ("Bearer greedy", "g1"),
        ("Bearer greedy", "g2"),
        ("Bearer greedy", "g3"),
        ("Bearer modest", "m1"),
    ]
    .into_iter()
    .enumerate()
    {
        line.push(start(&rig, key, text).await);
        counts(&rig, 1, waiting).await;
    }
    for (asked_so_far, next) in [(1, 0), (2, 1), (3, 3), (4, 2)] {
        eventually(|| asked(&rig).len() == asked_so_far).await;
        // The one that runs goes.
        let gone = std::mem::replace(&mut line[next], rig.connect().await);
        drop(gone);
    }
    assert_eq!(asked(&rig), ["g1", "g2", "m1", "g3"]);
}

#[tokio::test]
async fn several_answers_to_a_request_run_in_the_places_that_are_free() {
    let rig = rig(endless(), "parallel_slots = 3", |_| {}).await;
    let other = start(&rig, "", "a").await;
    rig.generating(1).await;
    let mut client = rig.connect().await;
    let body = chat(json!({"stream": true, "n": 5})).to_string();
    client.request("POST", CHAT, &[], body.as_bytes()).await;
    rig.generating(3).await;
    counts(&rig, 3, 0).await;
    assert_eq!(rig.model.requests().len(), 3);
    drop(client);
    rig.generating(1).await;
    drop(other);
    counts(&rig, 0, 0).await;
}

#[tokio::test]
async fn all_answers_to_a_request_come_also_through_one_place() {
    let rig = rig(["a", "b"], "parallel_slots = 1\nmax_waiting = 0", |_| {}).await;
    for stream in [false, true] {
        let reply = rig.chat(json!({"n": 4, "stream": stream})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let mut texts = vec![String::new(); 4];
        let bodies = if stream {
            reply.events()
        } else {
            vec![reply.json()]
        };
        let choices = bodies.iter().filter_map(|body| body["choices"].as_array());
        for choice in choices.flatten() {
            let said = if stream {
                &choice["delta"]
            } else {
                &choice["message"]
            };
            let index = usize::try_from(choice["index"].as_u64().unwrap()).unwrap();
            texts[index] += said["content"].as_str().unwrap_or_default();
        }
        assert_eq!(texts, ["ab"; 4]);
    }
    let prompts = json!({"model": "talker", "prompt": ["x", "y", "z"]});
    let reply = rig.post("/v1/completions", &prompts).await;
    assert_eq!(reply.json()["choices"].as_array().unwrap().len(), 3);
    counts(&rig, 0, 0).await;
}

/// A server with one model, `talker`, whose load the test lets end.
async fn loading(toy: &Toy, patience: Duration) -> Rig {
    let service = service(toy.registry(), "", &[("talker", "")]);
    let nobody = Arc::new(ScriptedModel::new("nobody"));
    Rig::around(service, nobody, |config| {
        config.limits.load_patience = patience;
    })
    .await
}

#[tokio::test]
async fn a_request_waits_for_a_model_that_loads() {
    let toy = Toy::held("toy");
    let rig = loading(&toy, Duration::from_secs(20)).await;
    let mut client = start(&rig, "", "x").await;
    toy.until(|counts| counts.started == 1).await;
    toy.release(1);
    client.head().await;
    client.until("[DONE]").await;
}

#[tokio::test]
async fn a_request_that_has_waited_long_enough_is_told_to_come_back_while_the_load_goes_on() {
    let toy = Toy::held("toy");
    let rig = loading(&toy, Duration::from_millis(50)).await;
    for stream in [false, true] {
        let reply = rig.chat(json!({"stream": stream})).await;
        let error = reply.error(503);
        assert_eq!(error["code"], "unavailable");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("\"talker\" cannot answer yet (reading)"),
            "{message}"
        );
        assert_eq!(reply.headers["retry-after"], "1");
        assert!(!reply.headers.contains_key("x-should-retry"));
    }
    assert_eq!(state(&rig.service, "talker"), "loading");
    assert_eq!(toy.counts().started, 1);
    toy.release(1);
    rig.service.load("talker").await.unwrap();
    assert_eq!(rig.chat(json!({})).await.status, 200);
    assert_eq!(toy.counts().started, 1);
}

#[tokio::test]
async fn a_load_that_fails_is_told_and_tried_again() {
    let toy = Toy::ready("toy");
    toy.fail(1);
    let rig = loading(&toy, Duration::from_secs(20)).await;
    let reply = rig.chat(json!({})).await;
    assert_eq!(reply.error(500)["code"], "invalid_model");
    assert_eq!(rig.chat(json!({})).await.status, 200);
}

#[tokio::test]
async fn clients_that_go_while_a_model_loads_leave_no_place_taken() {
    let toy = Toy::held("toy");
    let rig = loading(&toy, Duration::from_secs(20)).await;
    let clients = [start(&rig, "", "x").await, start(&rig, "", "y").await];
    counts(&rig, 1, 1).await;
    drop(clients);
    counts(&rig, 0, 0).await;
    // The load belongs to the service.
    toy.release(1);
    eventually(|| state(&rig.service, "talker") == "loaded").await;
    let unknown: Value = json!({"model": "nobody"});
    rig.chat(unknown).await.error(404);
}
