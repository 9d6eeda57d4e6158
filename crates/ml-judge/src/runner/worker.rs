//! Who does the work: a model that answers, a suite that scores.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use inference_core::{Error, TextModel};

use super::{Ask, Failure, ModelIdentity};
use crate::{AnswerRecord, Judging, Key, KeyHasher, Mode, Outcome, Response, Score, Suite};

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
    /// A suite that scores by the rules of a mode. Its name, its version and how it asks its
    /// judges are part of every score's key.
    pub fn new(suite: Arc<dyn Suite>, mode: Mode) -> Self {
        let mut same = KeyHasher::new("score 1");
        same.text(suite.name()).text(suite.version());
        same.text(mode.name());
        for judging in suite.judges() {
            add_judging(&mut same, judging);
        }
        Self { suite, mode, same }
    }

    /// Says who a judge is, whom the suite knows by name only. Of several judges each is named,
    /// in their order.
    #[must_use]
    pub fn judged_by(self, judge: &ModelIdentity) -> Self {
        self.depends_on("judge", judge.as_str())
    }

    /// Names something else that the scores depend on: the hash of a file with references.
    #[must_use]
    pub fn depends_on(mut self, what: &str, content: &str) -> Self {
        self.same.text(what).text(content);
        self
    }

    /// Says which repetition of the scoring this is; 0 unless set. A judge that is asked again
    /// for the same response is a scorer of its own.
    #[must_use]
    pub fn repeat(mut self, repeat: u32) -> Self {
        self.same.text("repeat").number(u64::from(repeat));
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

    /// A score without values, where the suite could not tell why.
    pub(super) fn failed(&self, failure: &Failure) -> Score {
        let (name, version) = (self.suite.name(), self.suite.version());
        let outcome = Outcome::Unscored {
            reason: failure.to_string(),
            cause: Some(failure.cause()),
        };
        Score::new(name, version, self.mode, outcome)
    }

    /// The key of the score of a response: of all that a suite may look at. Who answered and how
    /// long it took are no part of it.
    pub fn key(&self, response: &Response) -> Key {
        let mut hasher = self.same.clone();
        hasher.text("of").text(&response.id);
        hasher.text(&response.prompt).text(&response.response);
        hasher.optional(response.domain.as_deref());
        hasher.optional(response.correct_answer.as_deref());
        hasher.optional(response.best_answer.as_deref());
        hasher.optional(response.risk_area.as_deref());
        hasher.finish()
    }
}

fn add_judging(hasher: &mut KeyHasher, judging: &Judging) {
    let seed = judging.seed.map(|seed| seed.to_string());
    hasher.text(&judging.backend).text(&judging.model);
    hasher.number(judging.temperature.to_bits());
    hasher.number(u64::from(judging.max_tokens));
    hasher.optional(seed.as_deref());
}
