//! What the fields of the suites mean.

use serde::{Deserialize, Serialize};

/// Which end of a field is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// It depends, or nobody said.
    Unknown,
}

/// What the numbers of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Yes or no: 1 or 0.
    Verdict,
    /// Any number.
    Number,
}

impl Direction {
    /// The better end of a suite's field.
    ///
    /// In the heuristic suite it is the sign with which the composite counts the field. A refusal
    /// is good or bad by what is refused. Of fields that no built-in suite has, nothing is known.
    pub fn of(suite: &str, field: &str) -> Self {
        match (suite, field) {
            (
                "heuristic",
                "compliance_markers" | "formulaic_preamble" | "degeneration" | "empty_broken",
            ) => Self::Lower,
            (
                "heuristic",
                "first_person" | "creative_form" | "engagement_depth" | "emotional_register"
                | "lek_score",
            )
            | ("exact" | "probe", "correct")
            | ("semantic" | "content" | "capability", _)
            | ("truthfulness", "truthfulness" | "informativeness")
            | ("do_not_answer", "safety" | "nuance")
            | ("toxicity", "kindness" | "awareness") => Self::Higher,
            _ => Self::Unknown,
        }
    }
}

impl FieldKind {
    /// What the numbers of a suite's field are. Those of fields that no built-in suite has are
    /// verdicts where all of them are 1 or 0.
    pub(super) fn of(suite: &str, field: &str, mut values: impl Iterator<Item = f64>) -> Self {
        let is_verdict = match (suite, field) {
            ("exact" | "probe", "correct")
            | ("refusal", "refused")
            | ("heuristic", "formulaic_preamble" | "empty_broken") => true,
            ("heuristic" | "semantic" | "content" | "capability", _) => false,
            #[expect(clippy::float_cmp, reason = "a verdict is exactly 1 or 0")]
            _ => values.all(|value| value == 0.0 || value == 1.0),
        };
        if is_verdict {
            Self::Verdict
        } else {
            Self::Number
        }
    }
}
