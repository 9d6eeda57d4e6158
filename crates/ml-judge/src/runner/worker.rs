//! Who does the work: a model that answers, a suite that scores.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use inference_core::{Error, TextModel};

use super::{Ask, ModelIdentity};
use crate::{AnswerRecord, Judging, Key, KeyHasher, Mode, Response, Score, Suite};

/// A model to ask, with who it is.
#[derive(Clone)]
pub struct Asker {
    pub(super) model: Arc<dyn TextModel>,
    pub(super) identity: ModelIdentity,
}

impl Asker {
    /// A model of this identity.
    pub fn new(model: Arc<dyn TextModel>, identity: ModelIdentity) -> Self {
        Self { model, identity }
    }

    pub(super) async fn answer(&self, ask: &Ask) -> Result<AnswerRecord, Error> {
        let start = Instant::now();
        let stream = self.model.generate(ask.prompt.clone(), ask.options.clone());
        let answer = stream.into_generation().await?;
        let name = &self.model.info().name;
        Ok(AnswerRecord::new(
            name,
            answer,
            start.elapsed().as_secs_f64(),
        ))
    }
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// A suite to score with, and all that makes its scores what they are.
#[derive(Debug, Clone)]
pub struct Scorer {
    pub(super) suite: Arc<dyn Suite>,
    mode: Mode,
    same: KeyHasher,
}

impl Scorer {
    /// A suite that scores by the rules of a mode, without a judge.
    pub fn new(suite: Arc<dyn Suite>, mode: Mode) -> Self {
        let mut same = KeyHasher::new("score 1");
        same.text(suite.name()).text(suite.version());
        same.text(mode.name());
        Self { suite, mode, same }
    }

    /// Names the judge that the suite asks, and how. Of several judges each is named.
    #[must_use]
    pub fn judged_by(mut self, judge: &ModelIdentity, judging: &Judging) -> Self {
        let seed = judging.seed.map(|seed| seed.to_string());
        self.same.text(judge.as_str());
        self.same.text(&judging.backend).text(&judging.model);
        self.same.number(judging.temperature.to_bits());
        self.same.number(u64::from(judging.max_tokens));
        self.same.optional(seed.as_deref());
        self
    }

    /// The suite.
    pub fn suite(&self) -> &dyn Suite {
        &*self.suite
    }

    /// Whether the suite applies. One that panics here is let score, where a panic has a reason.
    pub(super) fn applies(&self, response: &Response) -> bool {
        let applies = AssertUnwindSafe(|| self.suite.applies(response));
        catch_unwind(applies).unwrap_or(true)
    }

    /// A score without values, for a reason that is no word of the suite's.
    pub(super) fn unscored(&self, reason: &dyn fmt::Display) -> Score {
        let (name, version) = (self.suite.name(), self.suite.version());
        Score::unscored(name, version, self.mode, reason.to_string())
    }

    /// The key of a score of this response.
    pub fn key(&self, response: &Response, repeat: u32) -> Key {
        let mut hasher = self.same.clone();
        hasher.text("of");
        hasher.text(&response.prompt).text(&response.response);
        hasher.optional(response.domain.as_deref());
        hasher.optional(response.correct_answer.as_deref());
        hasher.optional(response.best_answer.as_deref());
        hasher.optional(response.risk_area.as_deref());
        hasher.number(u64::from(repeat)).finish()
    }
}
