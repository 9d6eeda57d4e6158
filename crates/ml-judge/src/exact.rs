//! Responses with exactly one right answer.

pub(crate) mod legacy;
mod v2;

use std::collections::BTreeMap;

use futures::future::{self, BoxFuture};

use crate::{Mode, Outcome, Response, Score, Suite, failure};

/// The exact suite: whether a response gives its `correct_answer`.
///
/// Its value is `correct`, 1 or 0; its notes are `extracted`, what was taken for the answer, left
/// out where nothing was, and `expected`. In mode v2 references are read as
/// [`Check::from_reference`](crate::Check::from_reference) says, and records of
/// [failures](failure) and references that ask for nothing are left unscored. In mode
/// `legacy-2026-02` answers are numbers, and what fails is wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExactSuite {
    mode: Mode,
}

impl ExactSuite {
    /// The suite's name.
    pub const NAME: &str = "exact";
    const VERSION: &str = "2";

    /// The suite by the rules of a mode.
    pub fn new(mode: Mode) -> Self {
        Self { mode }
    }

    /// The score of a response; `None` where it has no right answer to compare with.
    pub fn score_now(&self, response: &Response) -> Option<Score> {
        let reference = response.correct_answer.as_deref()?;
        let outcome = match self.mode {
            Mode::Legacy202602 => {
                let score = legacy::exact(&response.response, reference);
                outcome(score.correct, Some(score.extracted), score.expected)
            }
            Mode::V2 => current(response, reference),
        };
        Some(Score::new(Self::NAME, self.version(), self.mode, outcome))
    }
}

impl Suite for ExactSuite {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn version(&self) -> &str {
        match self.mode {
            Mode::Legacy202602 => self.mode.name(),
            Mode::V2 => Self::VERSION,
        }
    }

    fn applies(&self, response: &Response) -> bool {
        let reference = response.correct_answer.as_deref();
        reference.is_some_and(|reference| !reference.is_empty())
    }

    fn score<'a>(&'a self, response: &'a Response) -> BoxFuture<'a, Score> {
        let score = self.score_now(response).unwrap_or_else(|| {
            let reason = "the response has no correct_answer to compare with";
            Score::unscored(Self::NAME, self.version(), self.mode, reason)
        });
        Box::pin(future::ready(score))
    }
}

fn current(response: &Response, reference: &str) -> Outcome {
    if let Some(reason) = failure(&response.response) {
        return failed(reason);
    }
    match v2::verdict(&response.prompt, &response.response, reference) {
        Ok(verdict) => outcome(verdict.correct, verdict.extracted, reference.to_owned()),
        Err(error) => Outcome::unscored(format!(
            "the reference {reference:?} cannot be used: {error}"
        )),
    }
}

/// The outcome where there is no answer because it failed.
pub(crate) fn failed(reason: &str) -> Outcome {
    let reason = if reason.is_empty() {
        "for no stated reason"
    } else {
        reason
    };
    Outcome::unscored(format!("there is no answer: {reason}"))
}

/// The outcome of a comparison.
pub(crate) fn outcome(correct: bool, extracted: Option<String>, expected: String) -> Outcome {
    let mut notes = BTreeMap::from([("expected".to_owned(), expected)]);
    notes.extend(extracted.map(|extracted| ("extracted".to_owned(), extracted)));
    Outcome::Scored {
        values: BTreeMap::from([("correct".to_owned(), f64::from(u8::from(correct)))]),
        notes,
    }
}

#[cfg(test)]
mod tests;
