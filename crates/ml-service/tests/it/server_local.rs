//! The server in front of the real llama-server: several models, many clients, answers that belong
//! to their questions.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures::future::join_all;
use inference_conformance::ScriptedModel;
use ml_service::Service;
use serde_json::json;

use crate::folder::Folder;
use crate::local::{MODEL, cached};
use crate::server_client::Rig;

const CLIENTS: usize = 32;
const REQUESTS: usize = 1000;

/// Of the two models, one has an adapter for those who ask for it, the other always.
const NAMES: [&str; 3] = ["plain", "plain:pirate", "sailor"];

const QUESTIONS: [&str; 5] = [
    "What is the capital of France?",
    "What is the capital of Italy?",
    "What is the capital of Japan?",
    "Which planet is the largest?",
    "What is water made of?",
];

fn service() -> Arc<Service> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    let adapter = fixtures.join("adapters-smol-pirate/0000060_adapters.safetensors");
    let section = |name: &str, is_on_request: bool| {
        format!(
            "[models.{name}]\npath = '{}'\nllama_server = '{}'\ncontext_length = 1024\n\
             parallel_slots = 4\nthreads = 1\nstart_patience = 300\nmax_waiting = {CLIENTS}\n\
             extra_args = ['--cache-ram', '0']\n\
             adapters = [{{ path = '{}', name = 'pirate', on_request = {is_on_request} }}]\n",
            cached(&format!("models/{MODEL}")).display(),
            cached("bin/llama-server").display(),
            adapter.display(),
        )
    };
    let text = section("plain", true) + &section("sailor", false);
    Arc::new(Service::new(&Folder::new().read(&text).unwrap()))
}

async fn ask(rig: &Rig, model: &str, question: &str) -> String {
    let body = json!({
        "model": model, "max_tokens": 4,
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": question},
        ],
    });
    let reply = rig.post("/v1/chat/completions", &body).await.ok();
    assert_eq!(reply["model"], model);
    let text = &reply["choices"][0]["message"]["content"];
    text.as_str().expect("a text").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn many_clients_of_several_models_get_the_answers_of_one() {
    let unused = Arc::new(ScriptedModel::new("unused"));
    let rig = Rig::around(service(), unused, |config| config.default_model = None).await;
    let mut alone = BTreeMap::new();
    for name in NAMES {
        for question in QUESTIONS {
            alone.insert((name, question), ask(&rig, name, question).await);
        }
    }
    eprintln!("{alone:?}");
    for question in QUESTIONS {
        let of = |name| &alone[&(name, question)];
        assert_ne!(of("plain"), of("sailor"), "{question}");
        assert_eq!(of("plain:pirate"), of("sailor"), "{question}");
    }
    let client = async |client: usize| {
        let mut wrong = Vec::new();
        for number in (client..REQUESTS).step_by(CLIENTS) {
            let name = NAMES[number % NAMES.len()];
            let question = QUESTIONS[number / NAMES.len() % QUESTIONS.len()];
            let answer = ask(&rig, name, question).await;
            if answer != alone[&(name, question)] {
                wrong.push((name, question, answer));
            }
        }
        wrong
    };
    let wrong: Vec<_> = join_all((0..CLIENTS).map(client)).await.concat();
    assert!(wrong.is_empty(), "{} of {REQUESTS}: {wrong:?}", wrong.len());
    rig.service.close().await.unwrap();
}
