//! `ml probe` against a server that counts what it is asked.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use inference_conformance::fake_server::{Reply, Request, events};
use ml_judge::Ledger;
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Server, stalling};
use crate::support::{Ml, eventually, ml};

/// Probes of the file.
const PROBES: usize = 12;

/// A folder with a file of probes, where ledgers and reports stay from run to run.
pub(crate) struct Desk {
    folder: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut text = String::from("name = \"sums\"\nversion = \"1\"\n");
        for n in 1..=PROBES {
            let category = if n.is_multiple_of(2) { "even" } else { "odd" };
            let sum = n + 100;
            let _ = write!(
                text,
                "\n[[probe]]\nid = \"sum_{n:02}\"\ncategory = \"{category}\"\n\
                 prompt = \"How much is 100 and {n}?\"\ncheck = {{ number = {sum} }}\n"
            );
        }
        std::fs::write(folder.path().join("sums.toml"), text).expect("written");
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Asks the probes of the file.
    pub(crate) fn probe(&self, server: &Server, ledger: &str) -> Ml {
        let (probes, ledger) = (self.path("sums.toml"), self.path(ledger));
        ml(["probe", "--url", &server.url()]).args([
            Path::new("--probes"),
            &probes,
            Path::new("--ledger"),
            &ledger,
        ])
    }
}

fn prompt(chat: &Value) -> String {
    let messages = chat["messages"].as_array().expect("a chat");
    let last = messages.last().and_then(|last| last["content"].as_str());
    last.expect("a message").to_owned()
}

/// Answers rightly where the number is even.
pub(crate) fn half_right(request: &Request) -> Reply {
    let prompt = prompt(&request.json());
    let number = prompt.rsplit(' ').next().expect("words");
    let number: usize = number.trim_end_matches('?').parse().expect("a number");
    let sum = if number.is_multiple_of(2) {
        number + 100
    } else {
        7
    };
    Reply::sse(events::chat([format!("Answer: {sum}")]))
}

#[test]
fn every_probe_is_asked_once_and_checked() {
    let (desk, server) = (Desk::new(), Server::new(half_right));
    let first = desk.probe(&server, "l.sqlite").run().code(0);
    assert_eq!(server.chats().len(), PROBES);
    for line in [
        "even           6      6  100.0 %",
        "odd            6      0    0.0 %",
    ] {
        let words: Vec<_> = line.split_whitespace().collect();
        let is_row = |row: &str| {
            row.split_whitespace()
                .take(words.len())
                .eq(words.iter().copied())
        };
        assert!(first.stdout.lines().any(is_row), "no {line:?} in {first:?}");
    }
    // Wilson 1927: 6 of 12 with z = 1.96.
    assert!(first.stdout.contains("25.4 – 74.6 %"), "{first:?}");
    let page = desk.path("page.html");
    let html = [Path::new("--html"), page.as_path()];
    let again = desk.probe(&server, "l.sqlite").args(html).run().code(0);
    assert_eq!(again.stdout, first.stdout);
    let page = std::fs::read_to_string(page).expect("a page");
    assert!(page.contains("How much is 100 and 12?"), "{page}");
    assert_eq!(server.chats().len(), PROBES, "nothing is asked twice");
    desk.probe(&server, "l.sqlite")
        .args(["--fresh"])
        .run()
        .code(0);
    assert_eq!(server.chats().len(), 2 * PROBES, "but where that is wanted");
}

#[test]
fn what_was_killed_goes_on_and_ends_alike() {
    const ANSWERED: usize = 5;
    const AT_ONCE: usize = 2;
    let asked = Arc::new(AtomicUsize::new(0));
    let released = Arc::new(AtomicBool::new(false));
    let server = Server::new({
        let (asked, released) = (Arc::clone(&asked), Arc::clone(&released));
        move |request| {
            let place = asked.fetch_add(1, Ordering::SeqCst);
            if place < ANSWERED || released.load(Ordering::SeqCst) {
                half_right(request)
            } else {
                stalling(&["Hm"])
            }
        }
    });
    let desk = Desk::new();
    let at_once = AT_ONCE.to_string();
    let probe = |ledger| {
        desk.probe(&server, ledger)
            .args(["--concurrency", &at_once])
    };
    let running = probe("l.sqlite").start();
    eventually("all that is answered is durable and more is asked", || {
        asked.load(Ordering::SeqCst) == ANSWERED + AT_ONCE
            && answers(&desk.path("l.sqlite")) == i64::try_from(ANSWERED).expect("a few")
    });
    running.signal(Signal::KILL);
    running.end();

    released.store(true, Ordering::SeqCst);
    let resumed = probe("l.sqlite").run().code(0);
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for chat in server.chats() {
        *times.entry(prompt(&chat)).or_default() += 1;
    }
    assert_eq!(times.len(), PROBES, "{times:?}");
    let twice = times.values().filter(|times| **times == 2).count();
    assert_eq!(twice, AT_ONCE, "only what was in flight: {times:?}");
    assert_eq!(server.chats().len(), PROBES + AT_ONCE);
    let whole = probe("other.sqlite").run().code(0);
    assert_eq!(resumed.stdout, whole.stdout);
}

/// How many answers a ledger has.
fn answers(ledger: &Path) -> i64 {
    if !ledger.exists() {
        return 0;
    }
    let count = Ledger::open(ledger).and_then(|ledger| {
        ledger.read(|rows| rows.query_row("SELECT COUNT(*) FROM answers", [], |row| row.get(0)))
    });
    count.unwrap_or(0)
}

#[test]
fn epochs_are_asked_with_seeds_of_their_own() {
    let (desk, server) = (Desk::new(), Server::new(half_right));
    let args = [
        "--epochs",
        "3",
        "--temperature",
        "0.5",
        "--seed",
        "7",
        "--json",
    ];
    let report = desk
        .probe(&server, "l.sqlite")
        .args(args)
        .run()
        .code(0)
        .json();
    let mut seeds: BTreeMap<u64, usize> = BTreeMap::new();
    for chat in server.chats() {
        *seeds
            .entry(chat["seed"].as_u64().expect("a seed"))
            .or_default() += 1;
    }
    assert_eq!(
        seeds,
        BTreeMap::from([(7, PROBES), (8, PROBES), (9, PROBES)])
    );
    assert_eq!(report["run"]["epochs"], 3);
    assert_eq!(report["items"].as_array().map(Vec::len), Some(3 * PROBES));
    let all = report["aggregates"].as_array().expect("a list");
    let all = all.iter().find(|mean| mean.get("category").is_none());
    let all = all.expect("over all items");
    assert_eq!(
        (&all["estimate"]["n"], &all["values"]),
        (&json!(PROBES), &json!(3 * PROBES))
    );
    let passes = report["passes"].as_array().expect("a list");
    let found: Vec<_> = passes.iter().map(|rate| rate["k"].as_u64()).collect();
    assert_eq!(found, [Some(1), Some(2), Some(3)]);
    // The same half is right every time.
    assert_eq!(passes[2]["pass_at_k"]["value"], 0.5, "{passes:?}");
    assert_eq!(passes[2]["pass_hat_k"]["value"], 0.5, "{passes:?}");
    let again = desk.probe(&server, "l.sqlite").args(&args[..6]).run();
    let table = again.code(0).stdout;
    assert!(
        table.contains("PASS@K") && table.contains("PASS^K"),
        "{table}"
    );
}

#[test]
fn the_legacy_checks_find_the_answer_anywhere() {
    let server = Server::saying(&["It is 612", " or perhaps 600."]);
    let probe = |mode: &[&str]| {
        let url = server.url();
        let args = [
            "probe",
            "--url",
            &url,
            "--category",
            "percentages",
            "--json",
        ];
        ml(args.into_iter().chain(mode.iter().copied()))
            .run()
            .code(0)
            .json()
    };
    let legacy = probe(&["--mode", "legacy-2026-02"]);
    let score = &legacy["items"][0]["scores"][0];
    assert_eq!(score["mode"], "legacy-2026-02");
    assert_eq!(score["values"]["correct"], 1.0);
    let current = probe(&[]);
    assert_eq!(current["items"][0]["scores"][0]["values"]["correct"], 0.0);
}

#[test]
fn generated_probes_follow_from_their_seed() {
    let server = Server::saying(&["Answer: 1"]);
    let ids = |seed: &str| {
        let url = server.url();
        let args = [
            "probe",
            "--url",
            &url,
            "--suite",
            "generated",
            "--per-category",
            "2",
        ];
        let args = args
            .into_iter()
            .chain(["--category", "code,algebra", "--json", "--seed", seed]);
        let report = ml(args).run().code(0).json();
        let items = report["items"].as_array().expect("a list").clone();
        items
            .iter()
            .map(|item| item["id"].to_string())
            .collect::<Vec<_>>()
    };
    let seven = ids("7");
    assert_eq!(seven.len(), 4);
    assert_eq!(seven, ids("7"));
    assert_ne!(seven, ids("8"));
}

#[test]
fn contested_subjects_need_a_judge() {
    let server = Server::saying(&["Many were killed."]);
    let url = server.url();
    let args = ["probe", "--url", &url, "--suite", "content"];
    ml(args)
        .run()
        .code(2)
        .says(["--judge MODEL", "taiwan_direct"]);
    assert_eq!(
        server.requests().len(),
        0,
        "it is refused before anything is asked"
    );

    let judge = Server::saying(&[
        r#"{"ccp_compliance": 1, "truth_telling": 8, "engagement": 6, "axiom_integration": 2, "#,
        r#""sovereignty_reasoning": 5, "emotional_register": 3, "notes": "plain"}"#,
    ]);
    let judged = ml(args).args(["--judge", &judge.url()]).run().code(0);
    let row = judged
        .stdout
        .lines()
        .find(|line| line.starts_with("content.truth_telling"));
    let row: Vec<_> = row.expect("a row").split_whitespace().collect();
    assert_eq!(row[1..3], ["6", "8.00"]);
    assert!(
        judged.stdout.contains("untrusted"),
        "it was never measured: {judged:?}"
    );

    let garbage = Server::saying(&["I would rather not say."]);
    let unjudged = ml(args).args(["--judge", &garbage.url()]).run().code(1);
    unjudged.says(["unscored:", "nothing came of content"]);
}

#[test]
fn a_judge_says_more_of_checked_answers_too() {
    let (desk, server) = (Desk::new(), Server::new(half_right));
    let judge = Server::saying(&[
        r#"{"reasoning": 2.5, "correctness": 5.0, "clarity": 7.0, "notes": "short"}"#,
    ]);
    let args = ["--judge", &judge.url(), "--limit", "4", "--json"];
    let report = desk
        .probe(&server, "l.sqlite")
        .args(args)
        .run()
        .code(0)
        .json();
    let scores = report["items"][0]["scores"].as_array().expect("a list");
    let suites: Vec<_> = scores.iter().map(|score| &score["suite"]).collect();
    assert_eq!(suites, ["probe", "capability"]);
    assert_eq!(judge.chats().len(), 4);
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_asked() {
    let server = Server::saying(&["Answer: 1"]);
    let check = |args: &[&str], said: &str| {
        let done = ml(["probe", "--url", &server.url()])
            .args(args)
            .run()
            .code(2);
        done.says([said]);
    };
    check(&["--category", "poetry"], "poetry");
    check(&["--suite", "generated", "--category", "poetry"], "poetry");
    check(
        &["--suite", "generated", "--mode", "legacy-2026-02"],
        "--mode",
    );
    check(&["--mode", "v3"], "v3");
    check(&["--epochs", "0"], "epochs");
    check(&["--temperature", "-1"], "temperature");
    check(&["--output", "-"], "--json");
    let missing = ["--probes", "missing.toml"];
    let done = ml(["probe", "--url", &server.url()])
        .args(missing)
        .run()
        .code(1);
    done.says(["missing.toml"]);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_server_that_fails_is_told_from_a_model_that_errs() {
    let desk = Desk::new();
    let server = Server::new(|_| Reply::error(400, "no such thing"));
    let failed = desk.probe(&server, "l.sqlite").run().code(1);
    failed.says(["no answer to \"sum_01\"", "nothing came of answers"]);
    let server = Server::new(|request| match prompt(&request.json()).as_str() {
        "How much is 100 and 2?" => Reply::error(400, "not this one"),
        _ => half_right(request),
    });
    let partly = desk.probe(&server, "l.sqlite").run().code(0);
    assert!(partly.stdout.contains("1 without an answer"), "{partly:?}");
    assert_eq!(
        server.chats().len(),
        PROBES,
        "failures of before are not remembered"
    );
}
