//! `ml judge-check`: judges and heuristics against people.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ml, cached, ml};

fn check(folder: &TempDir, args: &[&str]) -> Ml {
    let ledger = folder.path().join("ledger.sqlite").display().to_string();
    ml(["judge-check", "--ledger", &ledger]).args(args)
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

const PYRIT: &str = "prompt=objective,response=assistant_response,label=human_score";

#[test]
fn the_refusal_rules_are_measured_and_their_record_is_shown_with_scores() {
    let folder = folder();
    let gold = shown(&cached("gold-pyrit-1.1.0/refusal.csv"));
    let args = ["--gold", &gold, "--suite", "refusal", "--columns", PYRIT];
    let done = check(&folder, &args).run().code(0);
    for text in ["accuracy", "Krippendorff's alpha", "105 of 105", "trusted"] {
        assert!(done.stdout.contains(text), "no {text} in {done:?}");
    }
    let json = check(&folder, &args).args(["--json"]).run().code(0).json();
    let accuracy = &json["record"]["agreement"]["accuracy"];
    assert!(accuracy["value"].as_f64() >= Some(0.95), "{accuracy}");
    assert!(accuracy["interval"]["low"].is_number(), "{accuracy}");
    assert_eq!(json["summary"]["suites"]["refusal"]["recorded"], 105);
    assert_eq!(trust_of_scores(&folder, &[])["trust"], "trusted");
    let strict = trust_of_scores(&folder, &["--threshold", "0.999"]);
    assert_eq!(strict["trust"], "untrusted");
}

/// What a report of refusal scores says of them.
fn trust_of_scores(folder: &TempDir, args: &[&str]) -> Value {
    let input = folder.path().join("in.jsonl");
    std::fs::write(&input, "{\"id\": \"a\", \"response\": \"I can't.\"}\n").expect("written");
    let ledger = shown(&folder.path().join("ledger.sqlite"));
    let args = args.iter().copied();
    let done = ml(["score", "-i", &shown(&input), "-o", "-", "-s", "refusal"])
        .args(["--ledger", &ledger].into_iter().chain(args))
        .run()
        .code(0);
    done.json()["suites"][0]["trust"].clone()
}

#[test]
fn what_is_wrong_is_named() {
    let folder = folder();
    let gold = folder.path().join("gold.csv");
    std::fs::write(&gold, "response,label\nYes.,1\nNo.,maybe\n").expect("written");
    let gold = shown(&gold);
    for (args, code, said) in [
        (&["--suite", "refusal"][..], 1, "maybe"),
        (&["--suite", "semantic"], 2, "--judge"),
        (&["--suite", "refusals"], 2, "did you mean \"refusal\""),
        (&["--suite", "all"], 2, "one suite"),
        (&["--suite", "refusal", "--judge", "x"], 2, "asks no judge"),
        (&["--suite", "refusal", "--columns", "label"], 2, "label"),
        (
            &["--suite", "refusal", "--columns", "label=score"],
            1,
            "score",
        ),
    ] {
        let done = check(&folder, &["--gold", &gold]).args(args).run();
        done.code(code).says([said]);
    }
    let words = ["--suite", "refusal", "--columns", "maybe:0"];
    let done = check(&folder, &["--gold", &gold]).args(words).run().code(0);
    assert!(
        done.stdout.contains("2 items, and 50 are needed"),
        "{done:?}"
    );
}

#[cfg(feature = "http")]
#[test]
fn a_judge_is_asked_repeatedly_and_never_trusted_for_nothing() {
    use inference_conformance::fake_server::{Reply, events};

    let server = crate::server::Server::new(|_| {
        let said = r#"{"kindness": 8, "awareness": 6, "reasoning": "calm"}"#;
        Reply::sse(events::chat([said]))
    });
    let folder = folder();
    let gold = folder.path().join("gold.jsonl");
    let lines = "{\"id\": 1, \"prompt\": \"a?\", \"response\": \"Yes.\", \"label\": 8}\n\
                 {\"id\": 2, \"prompt\": \"b?\", \"response\": \"No.\", \"label\": 3}\n";
    std::fs::write(&gold, lines).expect("written");
    let (gold, url) = (shown(&gold), server.url());
    let args = ["--gold", &gold, "--suite", "toxicity", "--judge", &url];
    let columns = [
        "--columns",
        "prompt=prompt,id=id",
        "--repeats",
        "2",
        "--json",
    ];
    let done = check(&folder, &args).args(columns).run().code(0);
    let record = &done.json()["record"];
    assert_eq!(record["compared"], 2, "{record}");
    assert_eq!(record["reliability"]["same_in_repeats"]["value"], 1.0);
    assert_eq!(server.chats().len(), 4);

    let mute = crate::server::Server::new(|_| Reply::sse(events::chat(["no"])));
    let url = mute.url();
    let args = ["--gold", &gold, "--suite", "toxicity", "--judge", &url];
    let done = check(&folder, &args).run().code(1);
    done.says(["nothing came of toxicity"]);
}

#[cfg(feature = "http")]
#[test]
fn a_judge_of_pairs_is_asked_in_both_orders_and_its_flips_are_counted() {
    use inference_conformance::fake_server::{Reply, Request, events};

    /// Prefers what is good; of two that are equal, whatever comes first.
    fn first_if_equal(request: &Request) -> Reply {
        let json = request.json();
        let text = json["messages"][0]["content"].as_str().expect("text");
        let is_good = |place: u32| text.contains(&format!("begin: response {place} ===\ngood\n"));
        let is_second = is_good(2) && !is_good(1);
        let winner = if is_second { 2 } else { 1 };
        let said = format!(r#"{{"winner": "{winner}", "reasoning": "so it is"}}"#);
        Reply::sse(events::chat([said]))
    }

    let server = crate::server::Server::new(first_if_equal);
    let folder = folder();
    let gold = folder.path().join("gold.csv");
    let rows = "question,one,two,better\nq1?,good,poor,a\nq2?,poor,good,b\nq3?,good,good,tie\n\
                q4?,poor,good,a\n";
    std::fs::write(&gold, rows).expect("written");
    let (gold, url) = (shown(&gold), server.url());
    let columns = "prompt=question,response=one,other=two,label=better";
    let args = ["--gold", &gold, "--suite", "semantic", "--columns", columns];
    let judged = ["--judge", &url, "--repeats", "2"];
    let run = || check(&folder, &args).args(judged);
    let done = run().args(["--json"]).run().code(0);
    let record = &done.json()["record"];
    assert_eq!(server.chats().len(), 16, "four pairs, both orders, twice");
    let reliability = &record["reliability"];
    assert_eq!(reliability["order_flips"]["value"], 0.25, "{record}");
    assert!(reliability["order_flips"]["interval"]["high"].is_number());
    assert_eq!(reliability["same_in_repeats"]["value"], 1.0);
    assert_eq!(record["agreement"]["accuracy"]["value"], 0.75);
    assert!(record["agreement"]["alpha"]["nominal"]["value"].is_number());
    let table = run().run().code(0);
    assert!(table.stdout.contains("order flips"), "{table:?}");
    assert_eq!(server.chats().len(), 16, "nothing is asked twice");

    for (wrong, said) in [
        (&["--field", "x", "--judge", &url][..], "--field"),
        (&["--level", "ordinal", "--judge", &url], "--level"),
        (&["--judge", &url, "--judge", &url], "several --judge"),
    ] {
        let done = check(&folder, &args).args(wrong).run();
        done.code(2).says([said]);
    }
    let rules = ["--gold", &gold, "--suite", "refusal", "--columns", columns];
    check(&folder, &rules).run().code(2).says(["no rubric"]);
}
