//! Modes and scores, as tools take and give them.

use std::collections::BTreeMap;

use ml_judge::{Mode, Outcome, Rubrics, Score};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SuiteRules;

/// By which rules to score.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
pub(crate) enum ModeName {
    /// The current rules.
    #[default]
    #[serde(rename = "v2")]
    V2,
    /// Those of the predecessor, to compare with scores of that time.
    #[serde(rename = "legacy-2026-02")]
    Legacy202602,
}

impl ModeName {
    pub(crate) fn rules(self) -> SuiteRules {
        let mode = match self {
            Self::V2 => Mode::V2,
            Self::Legacy202602 => Mode::Legacy202602,
        };
        SuiteRules::new(mode, Rubrics::built_in())
    }
}

/// What a suite made of an answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SuiteScore {
    /// Version of the rules.
    version: String,
    /// The mode of the rules.
    mode: String,
    /// Number by field; a verdict is 1 or 0.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<String, f64>,
    /// Text by field: what was taken for the final answer, a judge's reasons.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    notes: BTreeMap<String, String>,
    /// Why there are no values.
    #[serde(skip_serializing_if = "Option::is_none")]
    unscored: Option<String>,
    /// The model that judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    judge: Option<String>,
}

/// Scores by the names of their suites.
pub(crate) fn by_suite(scores: Vec<Score>) -> BTreeMap<String, SuiteScore> {
    let named = |score: Score| (score.suite.clone(), SuiteScore::from(score));
    scores.into_iter().map(named).collect()
}

impl From<Score> for SuiteScore {
    fn from(score: Score) -> Self {
        let mut shown = Self {
            version: score.version,
            mode: score.mode.to_string(),
            values: BTreeMap::new(),
            notes: BTreeMap::new(),
            unscored: None,
            judge: score.judge.map(|judge| judge.model),
        };
        match score.outcome {
            Outcome::Scored { values, notes } => (shown.values, shown.notes) = (values, notes),
            Outcome::Unscored { reason, .. } => shown.unscored = Some(reason),
            other => shown.unscored = Some(format!("{other:?}")),
        }
        shown
    }
}
