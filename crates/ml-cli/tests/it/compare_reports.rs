//! `ml compare` of reports that were made by hand.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Done, ml};

/// A report of one suite, a verdict to each prompt in each epoch; `None` where it was not scored.
#[derive(Debug, Clone)]
struct Hand {
    suite: Value,
    field: &'static str,
    model: &'static str,
    probes: Option<&'static str>,
    items: Vec<(String, u32, Option<f64>)>,
}

impl Hand {
    fn exact(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let item = |(at, value)| (format!("p{at:02}"), 0, value);
        Self {
            suite: json!({"name": "exact", "version": "2", "mode": "v2"}),
            field: "correct",
            model: "m",
            probes: None,
            items: values.into_iter().enumerate().map(item).collect(),
        }
    }

    /// So many prompts, of which the first are right.
    fn right(right: usize, of: usize) -> Self {
        Self::exact((0..of).map(|at| Some(f64::from(u8::from(at < right)))))
    }

    fn suite(mut self, suite: Value, field: &'static str) -> Self {
        (self.suite, self.field) = (suite, field);
        self
    }

    fn json(&self) -> Value {
        let scored = |value: &Option<f64>| {
            let mut score = self.suite.clone();
            let (name, version) = (&self.suite["name"], &self.suite["version"]);
            (score["suite"], score["version"]) = (name.clone(), version.clone());
            match value {
                Some(value) => score["values"] = json!({self.field: value}),
                None => score["reason"] = json!("nobody knows"),
            }
            if let Some(judge) = self.suite["judges"].get(0) {
                score["judge"] = judge.clone();
            }
            score
        };
        let item = |(id, epoch, value): &(String, u32, Option<f64>)| {
            json!({"id": id, "epoch": epoch, "model": self.model, "prompt": format!("say {id}"),
                   "response": "so", "scores": [scored(value)]})
        };
        let items: Vec<_> = self.items.iter().map(item).collect();
        let mean = json!({"model": self.model, "suite": self.suite["name"], "field": self.field,
            "kind": "verdict", "estimate": {"value": 0.5, "n": items.len()},
            "values": items.len(), "unscored": 0, "failed": 0});
        let mut run = json!({"kind": "probe", "mode": self.suite["mode"], "epochs": 1,
            "started": "2026-11-24T00:00:00Z"});
        if let Some(version) = self.probes {
            run["probes"] = json!({"name": "mine", "version": version});
        }
        json!({"format": 1, "run": run, "suites": [self.suite], "counts": {},
               "aggregates": [mean], "items": items})
    }
}

fn compare(first: &Value, second: &Value, args: &[&str]) -> Done {
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str, report: &Value| {
        let path = folder.path().join(name);
        fs::write(&path, report.to_string()).expect("written");
        path
    };
    let (a, b) = (path("a.json", first), path("b.json", second));
    ml(["compare".as_ref(), a.as_os_str(), b.as_os_str()])
        .args(args)
        .run()
}

#[track_caller]
fn refused(first: &Hand, second: &Hand, said: &[&str]) {
    let done = compare(&first.json(), &second.json(), &[]).code(2);
    assert_eq!(done.stdout, "");
    done.says(said.iter().copied());
}

/// The first field of the comparison, and all of it.
#[track_caller]
fn field(first: &Hand, second: &Hand) -> (Value, Value) {
    let all = compare(&first.json(), &second.json(), &["--json"]);
    let all = all.code(0).json();
    (all["fields"][0].clone(), all)
}

#[track_caller]
fn close(found: &Value, expected: f64) {
    let found = found.as_f64().expect("a number");
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    let some = || Hand::right(5, 10);
    let refusal = json!({"name": "refusal", "version": "1", "mode": "v2"});
    refused(
        &some(),
        &some().suite(refusal, "refused"),
        &["exact: only the first", "refusal: only the second"],
    );
    let mut elsewhere = some();
    for (id, _, _) in &mut elsewhere.items {
        id.push_str("-other");
    }
    refused(
        &some(),
        &elsewhere,
        &["no prompt in common", "of 10 and 10"],
    );
    refused(
        &some(),
        &Hand::right(0, 0),
        &["the second report has no items"],
    );
    refused(
        &Hand::right(0, 0),
        &some(),
        &["the first report has no items"],
    );
    let legacy = json!({"name": "exact", "version": "2", "mode": "legacy-2026-02"});
    refused(
        &some(),
        &some().suite(legacy, "correct"),
        &["mode v2", "mode legacy-2026-02"],
    );
    let nothing = Hand::exact([None, None]);
    refused(&some(), &nothing, &["no prompt has a value in both runs"]);
    let mut several = some().json();
    several["items"][0]["model"] = json!("another");
    let done = compare(&some().json(), &several, &[]).code(2);
    done.says(["the second report has answers of 2 models"]);
}

#[test]
fn other_rubrics_are_left_out_and_other_probes_noted() {
    let rubric = |version: &str| {
        let judge = json!({"backend": "http", "model": "j", "temperature": 0.0, "max_tokens": 64});
        json!({"name": "polite", "version": version, "mode": "v2", "judges": [judge]})
    };
    let (one, other) = (
        Hand::right(5, 10).suite(rubric("1"), "polite"),
        Hand::right(5, 10).suite(rubric("2"), "polite"),
    );
    refused(
        &one,
        &other,
        &["version 1 of mode v2", "version 2 of mode v2"],
    );

    // The suite has a version of its own for each probe: only what is alike is compared.
    let probe = |version| Hand {
        probes: Some(version),
        ..Hand::right(5, 10).suite(
            json!({"name": "probe", "version": "2", "mode": "v2"}),
            "correct",
        )
    };
    let (first, mut second) = (probe("1+aa").json(), probe("2+bb").json());
    second["items"][0]["scores"][0]["version"] = json!("2+changed");
    let done = compare(&first, &second, &["--json"]).code(0).json();
    assert_eq!(done["fields"][0]["n"], 9, "{done}");
    let note = done["notes"][0].as_str().expect("a note");
    assert!(note.contains("mine 1+aa and mine 2+bb"), "{note}");
}

#[test]
fn a_judge_that_is_not_trusted_is_marked() {
    let judge = json!({"backend": "http", "model": "j", "temperature": 0.0, "max_tokens": 64});
    let suite = json!({"name": "polite", "version": "1", "mode": "v2", "judges": [judge],
        "trust": {"trust": "untrusted", "reason": "it was never measured"}});
    let of = |right| Hand::right(right, 20).suite(suite.clone(), "polite");
    let (field, _) = field(&of(2), &of(18));
    assert_eq!(field["untrusted"], "it was never measured");
    // Which end of a user's rubric is the better one nobody said.
    assert_eq!(field["change"], "different");
    let table = compare(&of(2).json(), &of(18).json(), &[]).code(0);
    assert!(
        table.stdout.contains("untrusted: it was never"),
        "{table:?}"
    );
}

#[test]
fn one_prompt_and_identical_runs_tell_nothing() {
    let (one, _) = field(&Hand::right(0, 1), &Hand::right(1, 1));
    assert_eq!(
        (&one["n"], &one["change"]),
        (&json!(1), &json!("cannot_tell"))
    );
    let table = compare(&Hand::right(0, 1).json(), &Hand::right(1, 1).json(), &[]);
    let said = "1 prompts are too few to show a difference";
    assert!(table.stdout.contains(said), "{table:?}");

    let run = Hand::right(5, 10);
    let (same, _) = field(&run, &run);
    close(&same["p"], 1.0);
    close(&same["difference"]["value"], 0.0);
    assert_eq!(same["change"], "cannot_tell");
    let table = compare(&run.json(), &run.json(), &["--fail-if-worse"]).code(0);
    assert!(
        table.stdout.contains("of 10 prompts none differs"),
        "{table:?}"
    );
}

#[test]
fn prompts_without_a_score_in_one_run_count_in_no_figure() {
    let mut second = Hand::right(10, 12);
    for item in &mut second.items[..3] {
        item.2 = None;
    }
    let (field, all) = field(&Hand::right(2, 12), &second);
    assert_eq!((&all["pairs"], &field["n"]), (&json!(12), &json!(9)));
    assert_eq!(field["without_value"], 3);
    close(&field["second"], 7.0 / 9.0);
    let table = compare(&Hand::right(2, 12).json(), &second.json(), &[]).code(0);
    let said = "3 prompts lack a value in one of the runs";
    assert!(table.stdout.contains(said), "{table:?}");
}

#[test]
fn several_answers_to_a_prompt_are_one_of_the_sample() {
    // Ten prompts, six times each: every answer to the first four turns from wrong to right.
    let of = |right: usize| {
        let once = Hand::right(right, 10);
        let epochs = (0..6).flat_map(|epoch| {
            let again = once.items.iter().cloned();
            again.map(move |(id, _, value)| (id, epoch, value))
        });
        let items = epochs.collect();
        Hand { items, ..once }
    };
    let (field, _) = field(&of(0), &of(4));
    assert_eq!(field["n"], 10, "{field}");
    // The mid-p value of 0 against 4; of 0 against 24 it would be below 0.001.
    close(&field["p"], 0.0625);
    assert_eq!(field["change"], "cannot_tell");
}

#[test]
fn verdicts_come_with_p_values_for_all_fields_and_what_would_have_shown() {
    let field_of = |right: usize, suite: &str, field: &'static str| {
        let suite = json!({"name": suite, "version": "1", "mode": "v2"});
        Hand::right(right, 40).suite(suite, field).json()
    };
    // Three fields in one report: one differs in six prompts, one in two, one in none.
    let report = |rights: [usize; 3]| {
        let names = [
            ("exact", "correct"),
            ("refusal", "refused"),
            ("probe", "correct"),
        ];
        let mut fields = names.iter().zip(rights);
        let mut next = || {
            let ((suite, field), right) = fields.next()?;
            Some(field_of(right, suite, field))
        };
        let mut whole = next().expect("the first");
        while let Some(part) = next() {
            for list in ["suites", "aggregates"] {
                let more = part[list][0].clone();
                whole[list].as_array_mut().expect("a list").push(more);
            }
            for at in 0..40 {
                let score = part["items"][at]["scores"][0].clone();
                let scores = whole["items"][at]["scores"].as_array_mut();
                scores.expect("a list").push(score);
            }
        }
        whole
    };
    let (first, second) = (report([10, 10, 10]), report([17, 12, 10]));
    let json = compare(&first, &second, &["--json"]).code(0).json();
    let by_name = |suite: &str| {
        let mut fields = json["fields"].as_array().expect("fields").iter();
        let found = fields.find(|field| field["suite"] == suite);
        found.expect("it is compared").clone()
    };
    let exact = by_name("exact");
    // Mid-p of 0 against 7, and three times that for three fields.
    close(&exact["p"], 0.5_f64.powi(7));
    close(&exact["adjusted_p"], 3.0 * 0.5_f64.powi(7));
    assert_eq!(exact["change"], "better");
    let refusal = by_name("refusal");
    close(&refusal["p"], 0.25);
    close(&refusal["adjusted_p"], 0.5);
    assert_eq!(refusal["change"], "cannot_tell");
    close(&by_name("probe")["adjusted_p"], 1.0);
    let worse = compare(&second, &first, &["--fail-if-worse"]).code(1);
    let said = ["B is worse in exact.correct: −17.5 pp (p 0.023)"];
    assert!(
        said.iter().all(|said| worse.stdout.contains(said)),
        "{worse:?}"
    );
}

#[test]
fn what_would_have_shown_is_told_where_nothing_did() {
    let first = Hand::right(20, 40);
    let second = Hand::exact((0..40).map(|at| Some(f64::from(u8::from(at >= 10)))));
    let (field, _) = field(&first, &second);
    // Ten prompts against twenty, and Connor's formula with 1.960 and 0.8416 for 30 of 40 in
    // discord.
    assert_eq!(field["change"], "cannot_tell");
    let detectable = field["detectable"].as_f64().expect("a number");
    assert!((detectable - 0.3724).abs() < 5e-4, "{detectable}");
    let table = compare(&first.json(), &second.json(), &[]).code(0);
    let said = "a difference of 37.2 pp would mostly have shown";
    assert!(table.stdout.contains(said), "{table:?}");
}
