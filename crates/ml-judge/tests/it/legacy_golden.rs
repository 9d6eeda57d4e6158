//! Mode `legacy-2026-02` gives what the predecessor gave, on every field of every golden line.

use std::collections::BTreeMap;
use std::fmt::Debug;

use ml_judge::HeuristicScores;
use ml_judge::legacy::{self, ExactScore};
use serde::Deserialize;

const INPUT: &str = include_str!("../golden/legacy/input.jsonl");
const EXPECTED: &str = include_str!("../golden/legacy/expected.jsonl");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    id: String,
    text: String,
    answer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    id: String,
    heuristic: serde_json::Value,
    exact: serde_json::Value,
    json: String,
    think: String,
    probes: BTreeMap<String, bool>,
}

fn lines<T: for<'a> Deserialize<'a>>(jsonl: &str) -> Vec<T> {
    let line = |line| serde_json::from_str(line).expect("a golden line");
    jsonl.lines().map(line).collect()
}

/// Compares on every line what a function gives with what the line tells.
#[track_caller]
fn check<T: PartialEq + Debug>(ours: impl Fn(&Input) -> T, theirs: impl Fn(Expected) -> T) {
    let inputs: Vec<Input> = lines(INPUT);
    let expected: Vec<Expected> = lines(EXPECTED);
    assert_eq!((inputs.len(), expected.len()), (400, 400));
    for (input, expected) in inputs.iter().zip(expected) {
        assert_eq!(input.id, expected.id);
        let text = &input.text;
        assert_eq!(ours(input), theirs(expected), "{}: {text:?}", input.id);
    }
}

#[test]
fn heuristics_are_those_of_the_predecessor() {
    check(
        |input| serde_json::to_value(legacy::heuristics(&input.text)).expect("JSON"),
        |line| line.heuristic,
    );
}

#[test]
fn exact_scores_are_those_of_the_predecessor() {
    check(
        |input| serde_json::to_value(legacy::exact(&input.text, &input.answer)).expect("JSON"),
        |line| line.exact,
    );
}

#[test]
fn json_objects_are_those_of_the_predecessor() {
    check(
        |input| {
            legacy::json_object(&input.text)
                .unwrap_or_default()
                .to_owned()
        },
        |line| line.json,
    );
}

#[test]
fn answers_without_thoughts_are_those_of_the_predecessor() {
    check(
        |input| legacy::without_think_blocks(&input.text).into_owned(),
        |line| line.think,
    );
}

#[test]
fn probes_pass_as_with_the_predecessor() {
    let passes = |probe: &'static str, input: &Input| {
        let passes = legacy::passes(probe, &input.text).expect("a probe");
        (probe.to_owned(), passes)
    };
    check(
        |input| {
            legacy::probe_ids()
                .map(|probe| passes(probe, input))
                .collect()
        },
        |line| line.probes,
    );
}

#[test]
fn golden_lines_are_read_into_scores() {
    for line in lines::<Expected>(EXPECTED) {
        serde_json::from_value::<HeuristicScores>(line.heuristic).expect("heuristic scores");
        serde_json::from_value::<ExactScore>(line.exact).expect("an exact score");
    }
}
