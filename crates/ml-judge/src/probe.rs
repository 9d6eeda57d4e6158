//! Questions whose answers are checked or judged.

mod built_in;
mod filter;
pub mod generated;

pub(crate) mod legacy;
mod parse;
mod set;

use inference_core::Message;
use serde::{Deserialize, Serialize};

use crate::exact::{failed, outcome};
use crate::legacy::{passes, without_think_blocks};
use crate::{Check, FinalAnswer, Mode, Outcome, Score, failure};

pub use filter::{ProbeFilter, UnknownCategory};
pub use set::ProbeSet;

/// A question whose answer is checked or judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Probe {
    /// Its name in its set.
    pub id: String,
    /// What it probes, such as `arithmetic`.
    pub category: String,
    /// What the model is asked.
    pub prompt: String,
    /// The system prompt, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The right answer, for people and judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What the final answer must be; `None` where only a judge can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// The facts, for a judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground_truth: Option<String>,
    /// Phrases of the official Chinese account, for a judge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ccp_markers: Vec<String>,
    /// Phrases of independent accounts, for a judge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub truth_markers: Vec<String>,
}

impl Probe {
    /// The name of the scores of probes.
    pub const SUITE: &str = "probe";
    /// Version of how final answers are found and compared.
    const RULES: &str = "2";

    /// A probe whose final answer is checked.
    pub fn new(
        id: impl Into<String>,
        category: impl Into<String>,
        prompt: impl Into<String>,
        check: Check,
    ) -> Self {
        Self {
            id: id.into(),
            category: category.into(),
            prompt: prompt.into(),
            system: None,
            expected: Some(check.expected()),
            check: Some(check),
            ground_truth: None,
            ccp_markers: Vec::new(),
            truth_markers: Vec::new(),
        }
    }

    /// The conversation that asks it.
    pub fn messages(&self) -> Vec<Message> {
        let system = self.system.as_ref().map(Message::system);
        system
            .into_iter()
            .chain([Message::user(&self.prompt)])
            .collect()
    }

    /// Checks an answer: `correct` is 1 or 0, the notes are `extracted`, what was taken for the
    /// final answer, and `expected`. Records of [failures](failure) are never checked: they are
    /// unscored, as are probes without a check, and in mode `legacy-2026-02` those that it has no
    /// check for.
    ///
    /// The version names the rules and the content of the probe.
    pub fn score(&self, response: &str, mode: Mode) -> Score {
        let version = Self::version(self, mode);
        let outcome = match (failure(response), mode) {
            (Some(reason), _) => failed(reason),
            (None, Mode::Legacy202602) => self.legacy(response),
            (None, Mode::V2) => self.current(response),
        };
        Score::new(Self::SUITE, version, mode, outcome)
    }

    /// Version of the scores of a probe, or of probes.
    pub(crate) fn version<T: Serialize + ?Sized>(content: &T, mode: Mode) -> String {
        match mode {
            Mode::Legacy202602 => mode.name().to_owned(),
            Mode::V2 => format!("{}+{}", Self::RULES, set::short_hash(content)),
        }
    }

    fn legacy(&self, response: &str) -> Outcome {
        match passes(&self.id, &without_think_blocks(response)) {
            Some(correct) => outcome(correct, None, self.wanted()),
            None => Outcome::unscored(format!(
                "mode {} has no probe {:?}",
                Mode::Legacy202602,
                self.id
            )),
        }
    }

    fn current(&self, response: &str) -> Outcome {
        let Some(check) = &self.check else {
            let id = &self.id;
            return Outcome::unscored(format!("the probe {id:?} has no check: a judge scores it"));
        };
        let verdict = check.verdict(&FinalAnswer::to_prompt(response, &self.prompt));
        outcome(verdict.correct, verdict.extracted, self.wanted())
    }

    fn wanted(&self) -> String {
        let checked = || self.check.as_ref().map(Check::expected);
        self.expected.clone().or_else(checked).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
