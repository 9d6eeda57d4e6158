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
