//! How much there was of what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ReportItem;
use crate::{Outcome, RunSummary, Score};

/// How much there was of what.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Counts {
    /// Items of the report.
    pub items: u64,
    /// Those with an answer.
    pub answered: u64,
    /// Those without, by [code](crate::Failure::code).
    pub failed: BTreeMap<String, u64>,
    /// Scores without values, by suite and reason: the first twenty reasons of each suite, and
    /// `other reasons`.
    pub unscored: BTreeMap<String, BTreeMap<String, u64>>,
    /// Tokens of the prompts, where backends tell; of answers from the ledger too.
    pub prompt_tokens: u64,
    /// Tokens of the answers, likewise.
    pub generated_tokens: u64,
    /// Seconds that the run took.
    pub seconds: f64,
    /// Whether it was cancelled before its end.
    pub cancelled: bool,
}

/// The reasons that are told apart.
const REASONS: usize = 20;

impl Counts {
    /// How many items have no answer.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// How many scores of a suite have no values.
    pub fn unscored_of(&self, suite: &str) -> u64 {
        let reasons = self.unscored.get(suite);
        reasons.map_or(0, |reasons| reasons.values().sum())
    }

    pub(super) fn add(&mut self, item: &ReportItem) {
        self.items += 1;
        match &item.error {
            Some(error) => *self.failed.entry(error.code.clone()).or_default() += 1,
            None => self.answered += 1,
        }
        if let Some(usage) = &item.usage {
            self.prompt_tokens += usage.prompt_tokens.unwrap_or(0);
            self.generated_tokens += usage.generated_tokens.unwrap_or(0);
        }
        for score in &item.scores {
            self.add_score(score);
        }
    }

    fn add_score(&mut self, score: &Score) {
        let Outcome::Unscored { reason, .. } = &score.outcome else {
            return;
        };
        let reasons = self.unscored.entry(score.suite.clone()).or_default();
        let known = reasons.contains_key(reason) || reasons.len() < REASONS;
        let reason = if known { reason } else { "other reasons" };
        *reasons.entry(reason.to_owned()).or_default() += 1;
    }

    pub(super) fn end(&mut self, summary: &RunSummary) {
        self.seconds = summary.seconds;
        self.cancelled = summary.cancelled;
    }
}
