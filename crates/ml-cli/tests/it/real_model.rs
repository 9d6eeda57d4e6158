//! The real llama-server with the real model.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Signal, test_kill_process};

use crate::support::{Ml, Running, cached, eventually, ml, pid, within};

const MODEL: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

/// Runs with the pinned server on one thread.
fn real(args: &[&str]) -> Ml {
    cached(&format!("models/{MODEL}"));
    let args = args.iter().copied();
    ml(["--config", "ml.toml"].into_iter().chain(args))
        .env("LLAMA_SERVER", cached("bin/llama-server"))
        .file("ml.toml", "")
}

/// A model of the configuration, which can say that one thread is enough.
pub(crate) fn configured(args: &[&str]) -> Ml {
    let path = cached(&format!("models/{MODEL}")).display().to_string();
    let config = format!(
        "[models.smol]\npath = {path:?}\nthreads = 1\ncontext_length = 2048\nparallel_slots = 1\n"
    );
    real(args).file("ml.toml", config)
}

#[test]
fn it_knows_the_capital_of_france() {
    let args = [
        "generate",
        "--model",
        MODEL,
        "--temperature",
        "0",
        "--max-tokens",
        "16",
        "--json",
    ];
    let question = "What is the capital of France?";
    let done = real(&args.into_iter().chain([question]).collect::<Vec<_>>())
        .run()
        .code(0);
    let json = done.json();
    assert!(
        json["text"]
            .as_str()
            .is_some_and(|text| text.contains("Paris")),
        "{json}"
    );
    assert_eq!(json["backend"], "llama_cpp");
    assert!(
        json["usage"]["generated_tokens"].as_u64() > Some(0),
        "{json}"
    );
    assert!(json["finish_reason"].is_string(), "{json}");
}

#[test]
fn a_file_of_prompts_is_answered_and_scored() {
    let args = ["expand", "-i", "-", "-o", "-", "--max-tokens", "16"];
    let question = "What is the capital of France?";
    let done = configured(&args)
        .stdin(format!(
            "{{\"id\": \"paris\", \"prompt\": \"{question}\"}}\n"
        ))
        .run()
        .code(0);
    let answer = done.json();
    let text = answer["response"].as_str().unwrap_or_default();
    assert!(text.contains("Paris"), "{answer}");
    let score = ["score", "-i", "-", "-o", "-", "-s", "refusal"];
    let scored = real(&score).stdin(done.stdout).run().code(0).json();
    let item = &scored["items"][0];
    assert_eq!(item["scores"][0]["values"]["refused"], 0.0, "{item}");
}

#[test]
fn probes_are_asked_once() {
    let home = tempfile::tempdir().expect("a folder");
    let ledger = home.path().join("ledger.sqlite");
    let args = [
        "probe",
        "--model",
        "smol",
        "--limit",
        "3",
        "--max-tokens",
        "8",
    ];
    let probe = || {
        let probe = configured(&args).args([Path::new("--ledger"), &ledger]);
        probe.run().code(0)
    };
    let first = probe().says(["answers: 3 new"]);
    let is_whole = |line: &str| line.starts_with("all ");
    assert!(first.stdout.lines().any(is_whole), "{first:?}");
    assert!(
        first.stdout.contains("SmolLM2-135M-Instruct.Q4_1"),
        "{first:?}"
    );
    let again = probe().says(["answers: 0 new, 3 from the ledger"]);
    assert_eq!(again.stdout, first.stdout);
}

#[test]
fn a_conversation_remembers() {
    // The second question means nothing without the first.
    let turns = "What is the capital of France?\nAnd of Italy?\n";
    let done = configured(&["chat", "--max-tokens", "24"])
        .stdin(turns)
        .run()
        .code(0);
    let answers: Vec<_> = done.stdout.lines().collect();
    assert!(
        answers[0].contains("Paris") && answers[1].contains("Rome"),
        "{done:?}"
    );
}

#[cfg(feature = "http")]
#[test]
fn the_default_system_message_stays_with_its_model() {
    let server = crate::server::Server::by_path();
    let path = cached(&format!("models/{MODEL}"));
    let config = format!(
        "[models.smol]\npath = {path:?}\nthreads = 1\ncontext_length = 512\nparallel_slots = 1\n\
         [models.served]\nurl = \"{}\"\n",
        server.url()
    );
    let done = real(&["chat", "--model", "smol"])
        .file("ml.toml", config)
        .stdin(
            "/system\n/model served\n/system\n/model smol\n/system\n/system Be brief.\n\
             /model served\n/system\n",
        )
        .run()
        .code(0);
    let said: Vec<_> = done.stderr.lines().collect();
    let expected = [
        "You are a helpful assistant.",
        "going on with",
        "there is no system message",
        "going on with",
        "You are a helpful assistant.",
        "system message set",
        "going on with",
        "Be brief.",
    ];
    assert_eq!(said.len(), expected.len(), "{done:?}");
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.contains(expected), "{done:?}");
    }
}

#[test]
fn an_adapter_in_another_layout_is_converted_once() {
    let cache = tempfile::tempdir().expect("a folder");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    let pirate = fixtures.join("adapters-smol-pirate/0000060_adapters.safetensors");
    let config = format!(
        "[models.smol]\npath = {:?}\nthreads = 1\ncontext_length = 512\nparallel_slots = 1\n\
         adapters = [{{ path = {pirate:?}, name = \"pirate\", on_request = true }}]\n",
        cached(&format!("models/{MODEL}")),
    );
    let ask = |adapter: &str| {
        let question = "What is the capital of France?";
        let done = real(&[
            "generate",
            "--adapter",
            adapter,
            "--max-tokens",
            "8",
            question,
        ])
        .env("ML_CACHE", cache.path())
        .file("ml.toml", &config)
        .run();
        done.code(0).stdout
    };
    // By the name that it has in the configuration, and by its path.
    assert!(ask("pirate").starts_with("Arr, Paris"));
    assert!(ask(&pirate.display().to_string()).starts_with("Arr, Paris"));
    let kept = std::fs::read_dir(cache.path().join("adapters")).expect("the folder is made");
    assert_eq!(kept.count(), 1);
}

#[test]
fn kill_9_leaves_no_llama_server() {
    for _ in 0..rounds(3) {
        let running = in_mid_answer();
        let servers = descendants(running.id());
        assert!(!servers.is_empty(), "ml has started nothing");
        running.signal(Signal::KILL);
        running.end();
        let second = Duration::from_secs(1);
        within(second, "nothing is left", || {
            !servers.iter().any(|id| is_alive(*id))
        });
    }
}

#[test]
fn ctrl_c_leaves_no_llama_server() {
    let running = in_mid_answer();
    let servers = descendants(running.id());
    assert!(!servers.is_empty(), "ml has started nothing");
    running.signal(Signal::INT);
    let done = running.end().code(130);
    assert!(done.stdout.contains('1'), "{done:?}");
    // It waits for its children before it ends.
    let left: Vec<_> = servers.into_iter().filter(|id| is_alive(*id)).collect();
    assert_eq!(left, [] as [u32; 0]);
}

#[test]
fn ctrl_c_while_it_loads_leaves_nothing() {
    let running = configured(&["generate", "hi"]).start();
    let mut servers = Vec::new();
    eventually("a child has started", || {
        servers = descendants(running.id());
        !servers.is_empty()
    });
    running.signal(Signal::INT);
    running.end().code(130);
    eventually("nothing is left", || {
        !servers.iter().any(|id| is_alive(*id))
    });
}

/// How often the test that looks for rare races tries: `ML_STRESS`, or a few times.
fn rounds(few: usize) -> usize {
    std::env::var("ML_STRESS").map_or(few, |rounds| rounds.parse().expect("ML_STRESS is a number"))
}

/// A long answer that has begun.
fn in_mid_answer() -> Running {
    let args = [
        "generate",
        "--max-tokens",
        "1500",
        "--raw",
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10,",
    ];
    let running = configured(&args).start();
    running.stdout.until("1");
    running
}

/// All processes below this one.
pub(crate) fn descendants(id: u32) -> Vec<u32> {
    let output = Command::new("ps")
        .args(["-A", "-o", "pid=,ppid="])
        .output()
        .expect("ps runs");
    let table: Vec<(u32, u32)> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let mut ids = line.split_whitespace().map(str::parse);
            Some((ids.next()?.ok()?, ids.next()?.ok()?))
        })
        .collect();
    let mut below = vec![id];
    let mut next = 0;
    while next < below.len() {
        let parent = below[next];
        below.extend(
            table
                .iter()
                .filter(|(_, of)| *of == parent)
                .map(|(id, _)| *id),
        );
        next += 1;
    }
    below.split_off(1)
}

pub(crate) fn is_alive(id: u32) -> bool {
    test_kill_process(pid(id)).is_ok() && !is_zombie(id)
}

/// An orphan that has ended stays until the init process looks after it.
fn is_zombie(id: u32) -> bool {
    let output = Command::new("ps")
        .args(["-o", "stat=", "-p", &id.to_string()])
        .output();
    String::from_utf8_lossy(&output.expect("ps runs").stdout)
        .trim()
        .starts_with('Z')
}
