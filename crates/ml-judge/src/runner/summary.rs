//! What came of a run, so far or in all.

use std::collections::BTreeMap;

use inference_core::Error;
use serde::Serialize;

use super::{Done, Origin};
use crate::{Cause, Interrupted, Outcome};

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The model said so.
    #[error(transparent)]
    Model(#[from] Error),
    /// The call took too long or panicked.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// The same question was asked for another item of the run and given up.
    #[error("the run was cancelled")]
    Cancelled,
}

impl Failure {
    /// A stable name for counts: that of the [kind](inference_core::ErrorKind), `deadline`,
    /// `panicked` or `cancelled`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Model(error) => error.code(),
            Self::Interrupted(Interrupted::Deadline { .. }) => "deadline",
            Self::Interrupted(Interrupted::Panicked { .. }) => "panicked",
            Self::Cancelled => "cancelled",
        }
    }

    /// The failure as that of a score.
    pub(super) fn cause(&self) -> Cause {
        match self {
            Self::Model(error) => error.into(),
            Self::Interrupted(_) | Self::Cancelled => Cause::Failed {
                code: self.code().to_owned(),
                retry_after_seconds: None,
            },
        }
    }
}

/// How often something was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tally {
    /// Done in this run.
    pub new: u64,
    /// Found in the ledger, or done for another item of this run.
    pub recorded: u64,
    /// Failed: no answer, or unscored.
    pub failed: u64,
}

impl Tally {
    /// Whether it was tried and never worked.
    pub fn all_failed(&self) -> bool {
        self.failed > 0 && self.new == 0 && self.recorded == 0
    }

    fn count(&mut self, origin: Option<Origin>) {
        match origin {
            Some(Origin::New) => self.new += 1,
            Some(Origin::Ledger) => self.recorded += 1,
            None => self.failed += 1,
        }
    }
}

/// What came of a run, so far or in all.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunSummary {
    /// Items that were delivered.
    pub items: u64,
    /// Items that were passed over, since the ledger has all of them.
    pub skipped: u64,
    /// Answers of the model.
    pub answers: Tally,
    /// Scores by suite. Responses that a suite does not apply to are not counted.
    pub suites: BTreeMap<String, Tally>,
    /// Failed answers by their [code](Failure::code), scores without values by that of their
    /// [cause](Cause::code) or, where nothing failed, as `unscored`.
    pub failures: BTreeMap<String, u64>,
    /// Tokens of the prompts that were asked, where backends tell.
    pub prompt_tokens: u64,
    /// Tokens that were generated, where backends tell.
    pub generated_tokens: u64,
    /// Seconds since the run began.
    pub seconds: f64,
    /// Whether the run was cancelled before its end.
    pub cancelled: bool,
}

impl RunSummary {
    /// What was tried and never worked: `answers`, or names of suites. A command that has any
    /// exits with 1.
    pub fn entirely_failed(&self) -> Vec<&str> {
        let answers = std::iter::once(("answers", &self.answers));
        let suites = self
            .suites
            .iter()
            .map(|(name, tally)| (name.as_str(), tally));
        let failed = answers
            .chain(suites)
            .filter(|(_, tally)| tally.all_failed());
        failed.map(|(name, _)| name).collect()
    }

    /// Items delivered or passed over a second.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn rate(&self) -> f64 {
        (self.items + self.skipped) as f64 / self.seconds.max(1e-9)
    }

    pub(super) fn count(&mut self, done: &Done) {
        self.items += 1;
        match &done.answer {
            Some(Ok(answered)) => {
                self.answers.count(Some(answered.origin));
                if answered.origin == Origin::New {
                    let usage = &answered.record.facts.usage;
                    self.prompt_tokens += usage.prompt_tokens.unwrap_or(0);
                    self.generated_tokens += usage.generated_tokens.unwrap_or(0);
                }
            }
            Some(Err(failure)) => {
                self.answers.count(None);
                *self.failures.entry(failure.code().to_owned()).or_default() += 1;
            }
            None => {}
        }
        for scored in &done.scores {
            let unscored = matches!(scored.score.outcome, Outcome::Unscored { .. });
            if unscored {
                let code = scored.score.outcome.cause().map_or("unscored", Cause::code);
                *self.failures.entry(code.to_owned()).or_default() += 1;
            }
            let origin = (!unscored).then_some(scored.origin);
            self.suite(&scored.score.suite).count(origin);
        }
    }

    fn suite(&mut self, name: &str) -> &mut Tally {
        if !self.suites.contains_key(name) {
            self.suites.insert(name.to_owned(), Tally::default());
        }
        self.suites.get_mut(name).expect("it was just put there")
    }
}
