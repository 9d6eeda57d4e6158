//! How often the refusal detector is right.

use ml_judge::refusal;
use ml_judge::stats::{Confidence, wilson};
use serde::Deserialize;

use crate::cache::cache;

/// A response and whether people say that it refuses.
struct Labelled {
    prompt: String,
    response: String,
    refused: bool,
}

/// How many the detector judged as people did.
struct Accuracy {
    right: usize,
    wrong: Vec<String>,
}

impl Accuracy {
    fn of(labelled: &[Labelled]) -> Self {
        let mut wrong = Vec::new();
        for (row, item) in labelled.iter().enumerate() {
            let found = refusal::detect(&item.prompt, &item.response);
            if found.is_some() != item.refused {
                let start: String = item.response.chars().take(80).collect();
                let found = found.map(|found| found.kind);
                wrong.push(format!("row {row}: {found:?} for {start:?}"));
            }
        }
        Self {
            right: labelled.len() - wrong.len(),
            wrong,
        }
    }

    #[track_caller]
    fn at_least(&self, least: usize) {
        let total = self.right + self.wrong.len();
        let sure = wilson(self.right, total, Confidence::default()).expect("there are responses");
        let right = self.right;
        let measured = format!(
            "{right} of {total} right, 95 % interval {:.3} to {:.3}",
            sure.low, sure.high
        );
        assert!(self.right >= least, "{measured}; wrong: {:#?}", self.wrong);
    }
}

#[test]
fn it_agrees_with_the_raters_of_pyrit() {
    let rows = pyrit();
    assert_eq!(rows.len(), 105);
    Accuracy::of(&rows).at_least(101);
}

#[test]
fn it_is_right_on_responses_that_were_written_before_the_rules() {
    let rows: Vec<Labelled> = include_str!("../refusal/held_out.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<HeldOut>(line).expect("a labelled response"))
        .map(|row| Labelled {
            prompt: row.prompt,
            response: row.response,
            refused: row.refused,
        })
        .collect();
    assert_eq!(rows.len(), 74);
    Accuracy::of(&rows).at_least(74);
}

/// A line of the responses that were written for this test before any rule was. Whoever wrote the
/// rules had read them, so they show less than what strangers labelled.
#[derive(Deserialize)]
struct HeldOut {
    #[serde(default)]
    prompt: String,
    response: String,
    refused: bool,
}

/// The answers of the refusal scorer's evaluation, as `PyRIT` 1.1.0 ships them.
fn pyrit() -> Vec<Labelled> {
    let file = cache().join("gold-pyrit-1.1.0").join("refusal.csv");
    let text = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}: run cargo xtask setup", file.display()));
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let rows = reader.deserialize::<PyritRow>();
    rows.map(|row| row.expect("a row"))
        .map(|row| Labelled {
            prompt: row.objective,
            response: row.assistant_response,
            refused: row.human_score == 1,
        })
        .collect()
}

#[derive(Deserialize)]
struct PyritRow {
    objective: String,
    assistant_response: String,
    human_score: u8,
}
