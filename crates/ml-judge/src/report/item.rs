//! An answer with its scores.

use inference_core::{FinishReason, Usage};
use serde::{Deserialize, Serialize};

use crate::text::cut;
use crate::{Done, Failure, Outcome, Response, Score};

/// An answer with what it answers and what was made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportItem {
    /// Names the prompt. Several answers to one prompt share it.
    pub id: String,
    /// Which of several answers to the same prompt this is, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub epoch: u32,
    /// What the model is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The probe's category, or the response's domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What the model was asked.
    pub prompt: String,
    /// What it answered; empty where it failed.
    pub response: String,
    /// Its thinking, where that was told from the answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    /// The right answer, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// Why the answer ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<FinishReason>,
    /// How many tokens it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// How long it took, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ItemError>,
    /// What each suite made of it, in the order of the suites.
    pub scores: Vec<Score>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemError {
    /// A stable name; see [`Failure::code`].
    pub code: String,
    /// What happened, for people.
    pub message: String,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn is_zero(epoch: &u32) -> bool {
    *epoch == 0
}

impl ReportItem {
    /// The most bytes of a prompt, a response, a thinking or a reference: what is longer is cut
    /// between two characters, and ends with `…`. The ledger has all of it.
    pub const MAX_TEXT: usize = 1 << 20;

    pub(super) fn of(done: &Done) -> Self {
        let response = &done.response;
        let answer = done.answer.as_ref();
        let facts = answer
            .and_then(|answer| answer.as_ref().ok())
            .map(|answered| &answered.record.facts);
        let called = facts.map(|facts| facts.model.as_str());
        Self {
            id: bounded(&response.id),
            epoch: response.epoch,
            model: called.unwrap_or(&response.model).to_owned(),
            category: response.domain.clone(),
            prompt: bounded(&response.prompt),
            response: bounded(&response.response),
            reasoning: facts.map_or_else(String::new, |facts| bounded(&facts.reasoning)),
            expected: expected(response).map(bounded),
            finish_reason: facts.map(|facts| facts.finish_reason),
            usage: facts.map(|facts| facts.usage),
            seconds: facts
                .map(|facts| facts.elapsed_seconds)
                .or(response.elapsed_seconds)
                .filter(|seconds| seconds.is_finite()),
            error: answer.and_then(|answer| answer.as_ref().err().map(ItemError::of)),
            scores: done
                .scores
                .iter()
                .map(|scored| finite(&scored.score))
                .collect(),
        }
    }

    /// The number that a suite gave a field, the mean where it scored the response repeatedly;
    /// `None` where it did not.
    pub fn value(&self, suite: &str, field: &str) -> Option<f64> {
        let of_suite = self.scores.iter().filter(|score| score.suite == suite);
        let (mut sum, mut count) = (0.0, 0_u32);
        for value in of_suite.filter_map(|score| score.value(field)) {
            sum += value;
            count += 1;
        }
        (count > 0).then(|| sum / f64::from(count))
    }
}

impl ItemError {
    fn of(failure: &Failure) -> Self {
        Self {
            code: failure.code().to_owned(),
            message: failure.to_string(),
        }
    }
}

fn expected(response: &Response) -> Option<&str> {
    let best = response.best_answer.as_deref();
    response.correct_answer.as_deref().or(best)
}

/// The text, or as much of it as is kept.
fn bounded(text: &str) -> String {
    cut(text, ReportItem::MAX_TEXT).into_owned()
}

/// The score; unscored where a number is none that JSON or a mean could hold.
fn finite(score: &Score) -> Score {
    let mut score = score.clone();
    if let Outcome::Scored { values, .. } = &score.outcome
        && let Some((field, value)) = values.iter().find(|(_, value)| !value.is_finite())
    {
        score.outcome = Outcome::unscored(format!("{field} is {value}, which is no finite number"));
    }
    score.members = score.members.iter().map(finite).collect();
    score
}
