//! The suite of scores by patterns in the text.

use futures::future::{BoxFuture, FutureExt, ready};

use super::Suite;
use crate::{HeuristicScores, Mode, Response, Score, heuristics, legacy};

const NAME: &str = "heuristic";
const VERSION: &str = "1";

/// Scores responses by patterns in their text, without a model: the nine fields of
/// [`HeuristicScores`] by the rules of a [`Mode`]: [`heuristics`] or [`legacy::heuristics`].
#[derive(Debug, Clone, Copy, Default)]
pub struct HeuristicSuite {
    mode: Mode,
}

impl HeuristicSuite {
    /// A suite of this mode.
    pub fn new(mode: Mode) -> Self {
        Self { mode }
    }

    /// The fields of a text.
    pub fn scores(self, text: &str) -> HeuristicScores {
        match self.mode {
            Mode::Legacy202602 => legacy::heuristics(text),
            Mode::V2 => heuristics(text),
        }
    }

    /// Scores a response at once.
    pub fn score_now(self, response: &Response) -> Score {
        let scores = self.scores(&response.response);
        let fields = scores.fields().into_iter();
        let values = fields.map(|(name, value)| (name.into(), value)).collect();
        Score::scored(NAME, self.version(), self.mode, values)
    }
}

impl Suite for HeuristicSuite {
    fn name(&self) -> &str {
        NAME
    }

    /// Of the words, the definitions and the composite; each mode counts its own.
    fn version(&self) -> &str {
        VERSION
    }

    fn applies(&self, _: &Response) -> bool {
        true
    }

    fn score<'a>(&'a self, response: &'a Response) -> BoxFuture<'a, Score> {
        ready(self.score_now(response)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_scores_by_its_rules_and_says_so() {
        let response = Response::new("1", "", "As an AI, I can’t do that.");
        let legacy = HeuristicSuite::new(Mode::Legacy202602).score_now(&response);
        assert_eq!(legacy.mode, Mode::Legacy202602);
        assert_eq!(legacy.value("lek_score"), Some(-5.0));
        let current = HeuristicSuite::default().score_now(&response);
        assert_eq!(current.mode, Mode::V2);
        assert_eq!(current.value("compliance_markers"), Some(5.0));
    }
}
