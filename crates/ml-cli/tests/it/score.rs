//! `ml score`: files of answers, scored once.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Ml, ml};

const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../ml-judge/tests/golden/legacy"
);

/// A folder that outlives the runs in it.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new(input: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("in.jsonl"), input).expect("written");
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn score(&self, args: &[&str]) -> Ml {
        let path = |name| self.path(name).display().to_string();
        ml([
            "score",
            "--input",
            &path("in.jsonl"),
            "--output",
            &path("out.json"),
        ])
        .args(["--ledger", &path("ledger.sqlite")])
        .args(args)
    }

    pub(crate) fn scores(&self) -> Value {
        let text = fs::read_to_string(self.path("out.json")).expect("there");
        serde_json::from_str(&text).expect("JSON")
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("there");
    let line = |line| serde_json::from_str(line).expect("JSON");
    text.lines().map(line).collect()
}

/// Responses without and with a right answer.
pub(crate) const RESPONSES: &str = r#"{"id": "a", "model": "m", "prompt": "2 + 2?", "response": "It is **4**.", "correct_answer": "4"}
{"id": "b", "model": "m", "prompt": "2 + 3?", "response": "It is 6.", "correct_answer": "5"}
{"id": "c", "model": "m", "prompt": "How do I?", "response": "I can't help with that."}
"#;

#[test]
fn legacy_scores_of_the_golden_texts_are_the_golden_scores() {
    let golden = Path::new(GOLDEN);
    let input = lines(&golden.join("input.jsonl"));
    let response = |line: &Value| {
        let response = json!({
            "id": line["id"],
            "model": "golden",
            "prompt": "",
            "response": line["text"],
            "correct_answer": line["answer"],
        });
        format!("{response}\n")
    };
    let input = input.iter().map(response).collect::<Vec<_>>().concat();
    let place = Place::new(input);
    let args = ["--suites", "heuristic,exact", "--mode", "legacy-2026-02"];
    place.score(&args).run().code(0);
    let scores = place.scores();
    assert_eq!(scores["metadata"]["suites"], json!(["heuristic", "exact"]));
    assert!(scores["model_averages"]["golden"]["lek_score"].is_number());
    let scores = scores["per_prompt"]["golden"].as_array().expect("a list");
    let expected = lines(&golden.join("expected.jsonl"));
    assert_eq!((scores.len(), expected.len()), (400, 400));
    let mut compared = 0;
    for (score, expected) in scores.iter().zip(&expected) {
        assert_eq!(score["id"], expected["id"]);
        assert_eq!(score["heuristic"], expected["heuristic"], "{score}");
        if expected["exact"]["expected"].is_null() {
            // Without a right answer there is nothing to compare with.
            assert_eq!(score["standard"], Value::Null);
            continue;
        }
        compared += 1;
        for field in ["correct", "extracted", "expected"] {
            // An empty text is left out.
            let of = |scores: &Value| match &scores[field] {
                Value::Null => json!(""),
                value => value.clone(),
            };
            let (ours, theirs) = (of(&score["standard"]), of(&expected["exact"]));
            assert_eq!(ours, theirs, "{field} of {score}");
        }
    }
    assert!(compared > 300, "{compared}");
}

#[test]
fn scores_have_means_with_intervals_and_are_made_once() {
    let place = Place::new(RESPONSES);
    let done = place.score(&["--suites", "exact,refusal"]).run().code(0);
    assert!(done.stdout.contains("exact.correct"), "{done:?}");
    assert!(done.stdout.contains("50.0 %"), "{done:?}");
    assert!(done.stderr.contains("exact: 2 new"), "{done:?}");
    let report = place.scores();
    assert_eq!(report["format"], 1);
    assert_eq!(report["run"]["mode"], "v2");
    assert_eq!(report["items"].as_array().map(Vec::len), Some(3));
    let done = place.score(&["--suites", "exact,refusal", "--json"]).run();
    let json = done.code(0).json();
    let suites = &json["summary"]["suites"];
    assert_eq!(
        suites["exact"],
        json!({"new": 0, "recorded": 2, "failed": 0})
    );
    assert_eq!(suites["refusal"]["recorded"], 3);
    let means = json["aggregates"].as_array().expect("means");
    let correct = means.iter().find(|mean| mean["field"] == "correct");
    assert_eq!(correct.expect("a mean")["estimate"]["value"], 0.5);
}

#[test]
fn a_page_is_made_where_it_is_asked_for() {
    let place = Place::new(RESPONSES);
    let page = place.path("page.html").display().to_string();
    place.score(&["-s", "exact", "--html", &page]).run().code(0);
    let html = fs::read_to_string(&page).expect("there");
    assert!(html.contains("It is **4**."), "{html}");
}

#[test]
fn suites_that_need_a_judge_are_refused_by_name_without_one() {
    let place = Place::new(RESPONSES);
    let refused = place.score(&["--suites", "exact,semantic,toxicity"]).run();
    refused.code(2).says(["semantic, toxicity", "--judge"]);
    assert!(!place.path("out.json").exists());
    let kept = place
        .score(&["--suites", "exact,semantic", "--keep-going"])
        .run();
    kept.code(0).says(["semantic"]);
    assert!(place.path("out.json").exists());
    // Nothing was named, so all that can be is scored.
    place.score(&[]).run().code(0).says(["heuristic: 3 new"]);
    let unknown = place.score(&["--suites", "heuristics"]).run();
    unknown.code(2).says(["did you mean \"heuristic\""]);
    place.score(&["--mode", "v3"]).run().code(2).says(["v3"]);
    let idle = place.score(&["-s", "exact,refusal", "--judge", "x"]).run();
    idle.code(2).says(["exact, refusal", "leave --judge out"]);
}

#[test]
fn bad_lines_are_named_and_refused_or_passed_over() {
    let mut input = RESPONSES.as_bytes().to_vec();
    input.extend(b"{\"id\": \"x\"\n{\"id\": \"a\", \"response\": \"again\"}\n");
    input.extend(b"{\"id\": \"y\", \"response\": \"caf\xe9\"}\n");
    input.extend(b"{\"id\": \"d\", \"response\": \"Fine.\"}");
    let place = Place::new(input);
    fs::write(place.path("out.json"), "old").expect("written");
    let refused = place.score(&["-s", "heuristic"]).run().code(1);
    refused.says(["line 4 of", "in.jsonl", "--keep-going"]);
    let old = fs::read_to_string(place.path("out.json")).expect("there");
    assert_eq!(old, "old", "nothing was done");
    let kept = place
        .score(&["-s", "heuristic", "--keep-going"])
        .run()
        .code(0);
    kept.says([
        "line 4 of",
        "line 5 has the id \"a\" of line 1",
        "line 6 of",
        "is not UTF-8: byte 29",
    ]);
    assert_eq!(place.scores()["items"].as_array().map(Vec::len), Some(4));
}

#[test]
fn a_line_of_fifty_megabytes_is_scored_and_a_longer_one_refused_by_its_number() {
    let line = |bytes: usize| {
        let long = "word ".repeat(bytes / 5);
        format!("{{\"id\": \"long\", \"response\": \"{long} 4\", \"correct_answer\": \"4\"}}\n")
    };
    let place = Place::new(RESPONSES.to_owned() + &line(50 << 20));
    let scored = place.score(&["-s", "exact"]).run().code(0);
    scored.says(["exact: 3 new"]);
    let kept = fs::metadata(place.path("out.json")).expect("there").len();
    assert!(kept < 4 << 20, "the report keeps the beginning: {kept}");
    let place = Place::new(RESPONSES.to_owned() + &line(65 << 20));
    let refused = place.score(&["-s", "exact"]).run().code(1);
    refused.says(["line 4 of", "is longer than 67108864 bytes", "--keep-going"]);
}

#[cfg(feature = "http")]
mod judged {
    use inference_conformance::fake_server::{Reply, Request, events};

    use super::*;
    use crate::server::Server;

    const GOOD: &str = r#"{"sovereignty": 8, "ethical_depth": 5, "creative_expression": 4, "self_concept": 6, "reasoning": "plain"}"#;

    fn good(_: &Request) -> Reply {
        Reply::sse(events::chat([GOOD]))
    }

    #[test]
    fn a_judge_is_asked_once_and_marked_untrusted() {
        let server = Server::new(good);
        let place = Place::new(RESPONSES);
        let url = server.url();
        let args = ["-s", "semantic", "--judge", &url, "--judge-seed", "7"];
        let done = place.score(&args).run().code(0);
        assert!(done.stdout.contains("semantic.sovereignty"), "{done:?}");
        assert!(done.stdout.contains("untrusted"), "{done:?}");
        assert_eq!(server.chats().len(), 3);
        assert_eq!(server.chats()[0]["seed"], 7);
        place.score(&args).run().code(0);
        assert_eq!(server.chats().len(), 3, "nothing is judged twice");
        let trust = &place.scores()["suites"][0]["trust"];
        assert_eq!(trust["trust"], "untrusted", "{trust}");
        let repeated = [&args[..], &["--repeats", "2"]].concat();
        place.score(&repeated).run().code(0);
        assert_eq!(server.chats().len(), 6, "the first of two is there");
    }

    #[test]
    fn a_judge_that_only_ever_fails_is_a_failure_and_others_are_scored() {
        let server = Server::new(|_| Reply::sse(events::chat(["I like it."])));
        let place = Place::new(RESPONSES);
        let url = server.url();
        let done = place
            .score(&["-s", "exact,semantic", "--judge", &url])
            .run();
        done.code(1)
            .says(["nothing came of semantic", "exact: 2 new"]);
        assert_eq!(place.scores()["items"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn a_rubric_of_the_user_is_a_suite() {
        let server =
            Server::new(|_| Reply::sse(events::chat([r#"{"warmth": 4, "reasoning": "kind"}"#])));
        let place = Place::new(RESPONSES);
        let rubric = place.path("tone.toml");
        let text = "name = \"tone\"\nversion = \"1\"\ntask = \"Judge the tone.\"\n\
                    shows = [\"prompt\", \"response\"]\nnote = \"reasoning\"\nrules = []\n\
                    [scale]\nmin = 1\nmax = 5\ndecimals = false\n\
                    [[dimensions]]\nname = \"warmth\"\nabout = \"how kindly it speaks\"\n\
                    anchors = [{ at = 1, means = \"cold\" }, { at = 5, means = \"warm\" }]\n";
        fs::write(&rubric, text).expect("written");
        let (url, rubric) = (server.url(), rubric.display().to_string());
        let args = ["-s", "tone", "--rubric", &rubric, "--judge", &url];
        let done = place.score(&args).run().code(0);
        assert!(done.stdout.contains("tone.warmth"), "{done:?}");
    }
}
