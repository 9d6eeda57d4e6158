//! The life cycle of models on the real llama-server: a crash, and a ceiling for one model.

use std::path::Path;
use std::process::Command;

use futures::StreamExt as _;
use inference_core::{EntryPoint, ErrorKind, Event, GenerateOptions, Prompt};
use ml_service::{Caller, Service};

use crate::folder::Folder;
use crate::local::{MODEL, ask, cached};
use crate::stage::state;

/// Kills the llama-servers that run a model of this path.
fn kill_servers_of(model: &Path) {
    let output = Command::new("ps").args(["-A", "-o", "pid=,args="]).output();
    let table = String::from_utf8(output.unwrap().stdout).unwrap();
    let model = model.to_str().unwrap();
    let is_meant = |line: &&str| line.contains("llama-server") && line.contains(model);
    let ids: Vec<_> = table
        .lines()
        .filter(is_meant)
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(!ids.is_empty(), "no llama-server of {model}:\n{table}");
    let killed = Command::new("kill").arg("-KILL").args(&ids).status();
    assert!(killed.unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn models_come_back_after_a_crash_and_go_for_each_other() {
    let folder = Folder::new();
    let file = cached(&format!("models/{MODEL}"));
    // Names of its own: other tests run the same model at the same time.
    let section = |name: &str| {
        let path = folder.path().join(format!("lifecycle-{name}.gguf"));
        std::os::unix::fs::symlink(&file, &path).unwrap();
        let keys = format!(
            "[models.{name}]\npath = {path:?}\nllama_server = {:?}\ncontext_length = 512\n\
             parallel_slots = 2\nthreads = 1\nstart_patience = 300\n\
             extra_args = ['--cache-ram', '0']\noptions.max_tokens = 16\n",
            cached("bin/llama-server")
        );
        (path, keys)
    };
    let ((first, a), (_, b)) = (section("a"), section("b"));
    let size = std::fs::metadata(&file).unwrap().len();
    let ceiling = size + size / 2;
    let text = format!("default = 'a'\nmemory_ceiling = {ceiling}\n{a}{b}");
    let service = Service::new(&folder.read(&text).unwrap());

    let caller = Caller::new("test");
    let turn = service.enter(None, &caller).await.unwrap();
    assert_eq!(service.queue("a").unwrap().places, 2);
    assert_eq!(service.memory_bytes(), size);
    let options = GenerateOptions::default().max_tokens(400);
    let prompt = Prompt::Text("1, 2, 3, 4, 5, 6, 7, 8, 9, 10,".to_owned());
    let mut answer = turn.generate(prompt, options, EntryPoint::Serve).unwrap();
    drop(turn);
    let begun = answer.next().await.unwrap().unwrap();
    assert!(matches!(begun, Event::Token(_)), "{begun:?}");
    kill_servers_of(&first);
    let error = answer.into_generation().await.unwrap_err().error;
    assert_eq!(error.kind(), ErrorKind::Crashed, "{error:?}");
    let answer = ask(&service).await;
    assert!(answer.contains("Paris"), "{answer}");

    service.load("b").await.unwrap();
    assert_eq!(
        (state(&service, "a"), state(&service, "b")),
        ("unloaded", "loaded")
    );
    let answer = ask(&service).await;
    assert!(answer.contains("Paris"), "{answer}");
    assert_eq!(
        (state(&service, "a"), state(&service, "b")),
        ("loaded", "unloaded")
    );
    assert!(service.unload("a").await.unwrap());
    assert_eq!(service.memory_bytes(), 0);
    service.close().await.unwrap();
}
