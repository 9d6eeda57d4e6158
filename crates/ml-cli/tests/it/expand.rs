//! `ml expand`: files of prompts, answered once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use inference_conformance::fake_server::{Reply, Request, events};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Server, stalling};
use crate::support::{Done, Ml, eventually, ml};

/// A folder that outlives the runs in it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes prompts `p0`, `p1` …, of which each asks for its number.
    fn prompts(&self, count: usize) {
        let line = |n| format!("{{\"id\": \"p{n}\", \"prompt\": \"say {n}\", \"n\": {n}}}\n");
        let lines = (0..count).map(line).collect::<Vec<_>>().concat();
        fs::write(self.path("in.jsonl"), lines).expect("written");
    }

    fn expand(&self, server: &Server) -> Ml {
        let path = |name| self.path(name).display().to_string();
        ml(["expand", "--url", &server.url()])
            .args(["--input", &path("in.jsonl"), "--output", &path("out.jsonl")])
            .args(["--ledger", &path("ledger.sqlite")])
    }

    fn answers(&self) -> Vec<Value> {
        lines(&self.path("out.jsonl"))
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("there");
    let line = |line| serde_json::from_str(line).expect("JSON");
    text.lines().map(line).collect()
}

/// What the user asked.
fn asked(request: &Request) -> String {
    let json = request.json();
    let messages = json["messages"].as_array().expect("messages");
    let last = messages.last().expect("a message");
    last["content"].as_str().expect("text").to_owned()
}

/// Repeats what was asked, without its first word.
fn echo(request: &Request) -> Reply {
    let asked = asked(request);
    let word = asked.strip_prefix("say ").unwrap_or(&asked);
    Reply::sse(events::chat([word]))
}

fn counts(done: &Done) -> Value {
    done.json()["summary"]["answers"].clone()
}

#[test]
fn every_prompt_is_answered_once_and_keeps_its_fields() {
    let server = Server::new(echo);
    let place = Place::new();
    place.prompts(20);
    let run = || place.expand(&server).args(["--ordered", "--json"]).run();
    let done = run().code(0);
    assert_eq!(
        counts(&done),
        json!({"new": 20, "recorded": 0, "failed": 0})
    );
    let answers = place.answers();
    assert_eq!(answers.len(), 20);
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer["id"], format!("p{n}"));
        assert_eq!(answer["prompt"], format!("say {n}"));
        assert_eq!(answer["response"], n.to_string());
        assert_eq!(answer["n"], n);
        assert!(answer["elapsed_seconds"].as_f64() > Some(0.0), "{answer}");
    }
    let first = fs::read(place.path("out.jsonl")).expect("there");
    assert_eq!(counts(&run().code(0))["recorded"], 20);
    assert_eq!(fs::read(place.path("out.jsonl")).expect("there"), first);
    assert_eq!(server.chats().len(), 20, "the second run asks nothing");
    let fresh = place.expand(&server).args(["--fresh", "--json"]).run();
    assert_eq!(counts(&fresh.code(0))["new"], 20);
    assert_eq!(server.chats().len(), 40);
}

#[test]
fn other_sampling_is_another_answer() {
    let server = Server::new(echo);
    let place = Place::new();
    place.prompts(1);
    for temperature in ["0", "0.5"] {
        let run = place.expand(&server).args(["--temperature", temperature]);
        run.run().code(0);
    }
    assert_eq!(server.chats().len(), 2);
}

#[test]
fn several_answers_to_a_prompt_have_their_epochs_and_are_scored_together() {
    let server = Server::new(echo);
    let place = Place::new();
    let line =
        |n| format!("{{\"id\": \"p{n}\", \"prompt\": \"say {n}\", \"correct_answer\": \"1\"}}\n");
    fs::write(place.path("in.jsonl"), line(0) + &line(1)).expect("written");
    let run = || {
        let args = ["--epochs", "3", "--seed", "7", "--temperature", "0.5"];
        place
            .expand(&server)
            .args(args)
            .args(["--ordered", "--json"])
    };
    let done = run().run().code(0);
    assert_eq!(counts(&done), json!({"new": 6, "recorded": 0, "failed": 0}));
    let named = |answer: &Value| (answer["id"].clone(), answer["epoch"].clone());
    let named: Vec<_> = place.answers().iter().map(named).collect();
    let expected = [
        ("p0", 0),
        ("p0", 1),
        ("p0", 2),
        ("p1", 0),
        ("p1", 1),
        ("p1", 2),
    ];
    assert_eq!(named, expected.map(|(id, epoch)| (json!(id), json!(epoch))));
    let seeds: std::collections::BTreeSet<_> = (server.chats().iter())
        .map(|chat| chat["seed"].as_u64())
        .collect();
    assert_eq!(seeds, [Some(7), Some(8), Some(9)].into());
    assert_eq!(counts(&run().run().code(0))["recorded"], 6);
    assert_eq!(server.chats().len(), 6, "the second run asks nothing");

    let path = |name| place.path(name).display().to_string();
    let (answers, scores, ledger) = (path("out.jsonl"), path("s.json"), path("ledger.sqlite"));
    let score = || {
        let args = ["score", "-i", &answers, "-o", &scores, "-s", "exact"];
        ml(args).args(["--ledger", &ledger]).run()
    };
    let done = score().code(0);
    for said in ["exact.correct", "PASS@K", "PASS^K", "50.0 %"] {
        assert!(done.stdout.contains(said), "no {said} in {done:?}");
    }
    let report: Value = serde_json::from_slice(&fs::read(&scores).expect("there")).expect("JSON");
    assert_eq!(report["aggregates"][0]["estimate"]["n"], 2, "two prompts");
    assert_eq!(report["passes"][2]["k"], 3);
    assert_eq!(report["passes"][2]["pass_hat_k"]["value"], 0.5);
    assert_eq!(report["items"][5]["epoch"], 2);
    // The same answer twice is a mistake of the file.
    let twice = fs::read_to_string(&answers).expect("there").repeat(2);
    fs::write(&answers, twice).expect("written");
    score().code(1).says(["line 7 has the id \"p0\" of line 1"]);
}

#[test]
fn a_failure_of_several_answers_tells_its_epoch() {
    let server = Server::new(|request| {
        if request.json()["seed"] == 2 {
            return Reply::error(400, "no such luck");
        }
        echo(request)
    });
    let place = Place::new();
    place.prompts(1);
    let failures = place.path("failures.jsonl");
    let named = failures.display().to_string();
    let args = ["--epochs", "3", "--seed", "1", "--temperature", "1"];
    let run = place.expand(&server).args(args);
    run.args(["--failures", &named]).run().code(0);
    let failed = lines(&failures);
    assert_eq!((failed.len(), &failed[0]["epoch"]), (1, &json!(1)));
    assert_eq!(place.answers().len(), 2);
}

#[test]
fn stdin_is_read_and_stdout_written() {
    let server = Server::new(echo);
    let place = Place::new();
    let ledger = place.path("ledger.sqlite").display().to_string();
    let args = ["expand", "-i", "-", "-o", "-", "--ledger", &ledger];
    let done = ml(args)
        .args(["--url", &server.url(), "--system", "Be brief."])
        .stdin("{\"id\": 7, \"messages\": [{\"role\": \"user\", \"content\": \"say hi\"}]}\n")
        .run()
        .code(0);
    let answer = done.json();
    assert_eq!(
        (&answer["id"], &answer["response"]),
        (&json!("7"), &json!("hi"))
    );
    assert_eq!(answer["prompt"], "say hi");
    let messages = &server.chats()[0]["messages"];
    assert_eq!(
        messages[0],
        json!({"role": "system", "content": "Be brief."})
    );
}

#[test]
fn failures_are_named_counted_and_tried_again() {
    let broken = Arc::new(AtomicBool::new(true));
    let is_broken = Arc::clone(&broken);
    let server = Server::new(move |request| {
        if is_broken.load(Ordering::SeqCst) && asked(request) == "say 1" {
            return Reply::error(400, "no such luck");
        }
        echo(request)
    });
    let place = Place::new();
    place.prompts(3);
    let failures = place.path("failures.jsonl");
    let run = || {
        let named = failures.display().to_string();
        place.expand(&server).args(["--failures", &named]).run()
    };
    run()
        .code(0)
        .says(["no answer to \"p1\"", "no such luck", "1 failed"]);
    assert_eq!(place.answers().len(), 2);
    let failed = lines(&failures);
    assert_eq!((failed.len(), &failed[0]["id"]), (1, &json!("p1")));
    assert_eq!(failed[0]["error"]["code"], "invalid_request");
    broken.store(false, Ordering::SeqCst);
    run().code(0);
    assert_eq!(place.answers().len(), 3);
    assert_eq!(lines(&failures), Vec::<Value>::new());
    assert_eq!(server.chats().len(), 4, "only what failed is asked again");
}

#[test]
fn nothing_but_failures_is_a_failure() {
    let server = Server::new(|_| Reply::error(400, "never"));
    let place = Place::new();
    place.prompts(2);
    place
        .expand(&server)
        .run()
        .code(1)
        .says(["nothing came of answers"]);
}

#[test]
fn bad_lines_are_named_by_number_and_refused_before_anything_is_asked() {
    let server = Server::new(echo);
    let place = Place::new();
    let lines = b"{\"id\": \"a\", \"prompt\": \"say a\"}\n{\"id\": \"b\"\n\xff\n\n\
                  {\"id\": \"a\", \"prompt\": \"say c\"}\n{\"id\": \"d\", \"prompt\": \"say d\"}\n";
    fs::write(place.path("in.jsonl"), lines).expect("written");
    let refused = place.expand(&server).run().code(1);
    refused.says(["line 2 of", "--keep-going"]);
    assert_eq!(server.chats().len(), 0);
    let kept = place
        .expand(&server)
        .args(["--keep-going", "--ordered"])
        .run();
    kept.code(0).says([
        "line 2 of",
        "line 3 of",
        "line 5 has the id \"a\" of line 1",
    ]);
    let ids: Vec<_> = place
        .answers()
        .iter()
        .map(|line| line["id"].clone())
        .collect();
    assert_eq!(ids, ["a", "d"]);
}

#[test]
fn a_line_of_fifty_megabytes_is_answered() {
    let server = Server::new(|_| Reply::sse(events::chat(["long"])));
    let place = Place::new();
    let filler = "x".repeat(50 << 20);
    let line = format!("{{\"id\": \"a\", \"prompt\": \"short\", \"filler\": \"{filler}\"}}\n");
    fs::write(place.path("in.jsonl"), line).expect("written");
    place.expand(&server).run().code(0);
    assert_eq!(place.answers()[0]["response"], "long");
}

#[test]
fn ctrl_c_leaves_what_was_there_and_the_next_run_goes_on() {
    let open = Arc::new(AtomicBool::new(false));
    let is_open = Arc::clone(&open);
    let server = Server::new(move |request| {
        // All but the first three wait for the gate.
        let number: u32 = asked(request)[4..].parse().expect("a number");
        if number < 3 || is_open.load(Ordering::SeqCst) {
            echo(request)
        } else {
            stalling(&["half"])
        }
    });
    let place = Place::new();
    place.prompts(8);
    fs::write(place.path("out.jsonl"), "old\n").expect("written");
    let running = place.expand(&server).args(["--concurrency", "2"]).start();
    // The third answer made room for the fifth prompt.
    eventually("five prompts are asked", || server.chats().len() == 5);
    running.signal(Signal::INT);
    let done = running.end().code(130);
    done.says(["stopped after 3 of 8", "goes on"]);
    let old = fs::read_to_string(place.path("out.jsonl")).expect("there");
    assert_eq!(old, "old\n");
    open.store(true, Ordering::SeqCst);
    let done = place.expand(&server).args(["--json"]).run().code(0);
    assert_eq!(counts(&done), json!({"new": 5, "recorded": 3, "failed": 0}));
    assert_eq!(place.answers().len(), 8);
}

#[test]
fn killed_it_goes_on_and_asks_nothing_again_that_was_recorded() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let open = Arc::new(AtomicBool::new(false));
    let (asks, is_open) = (Arc::clone(&seen), Arc::clone(&open));
    let server = Server::new(move |request| {
        let asked = asked(request);
        let late = asked[4..].parse::<u32>().expect("a number") >= 6;
        asks.lock().expect("unpoisoned").push(asked);
        if late && !is_open.load(Ordering::SeqCst) {
            stalling(&[])
        } else {
            echo(request)
        }
    });
    let place = Place::new();
    place.prompts(10);
    let running = place.expand(&server).args(["--concurrency", "2"]).start();
    eventually("six answers are recorded", || {
        if !place.path("ledger.sqlite").exists() {
            return false;
        }
        let ledger = ml_judge::Ledger::open(place.path("ledger.sqlite")).expect("a ledger");
        let seen = ml_judge::Seen::load(&ledger, ml_judge::Table::Answers).expect("readable");
        seen.loaded() == 6
    });
    eventually("two more are asked", || server.chats().len() == 8);
    running.signal(Signal::KILL);
    let killed = running.end();
    assert_eq!(killed.code, None);
    assert!(!place.path("out.jsonl").exists());
    open.store(true, Ordering::SeqCst);
    let done = place.expand(&server).args(["--json"]).run().code(0);
    assert_eq!(counts(&done), json!({"new": 4, "recorded": 6, "failed": 0}));
    let mut seen = seen.lock().expect("unpoisoned").clone();
    seen.sort();
    let again: Vec<_> = seen.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    // Only what was in work is asked again: not more than were in work at once.
    assert!(again.len() <= 2, "{again:?}");
    assert!(
        again
            .iter()
            .all(|pair| pair[0] == "say 6" || pair[0] == "say 7"),
        "{again:?}"
    );
}

#[test]
fn wrong_usage_is_refused_by_name() {
    for (args, named) in [
        (&["--concurrency", "0"][..], "--concurrency"),
        (&["--concurrency", "many"], "neither auto nor a number"),
        (&["--deadline", "0"], "--deadline"),
        (&["--epochs", "0"], "--epochs"),
        (&["--max-tokens", "0"], "max_tokens"),
        (&["--output", "-", "--json"], "stdout"),
    ] {
        let all = ["expand", "-i", "in.jsonl"].iter().chain(args);
        let rest: &[&str] = if args.contains(&"--output") {
            &[]
        } else {
            &["-o", "out.jsonl"]
        };
        ml(all.chain(rest)).run().code(2).says([named]);
    }
}

#[test]
fn a_ledger_that_cannot_be_used_is_named() {
    let server = Server::new(echo);
    let place = Place::new();
    place.prompts(1);
    fs::write(place.path("ledger.sqlite"), "this is no database at all").expect("written");
    place
        .expand(&server)
        .run()
        .code(1)
        .says(["ledger.sqlite is not a ledger"]);
    assert_eq!(server.chats().len(), 0);
}
