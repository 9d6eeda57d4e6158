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

#[cfg(test)]
mod tests {
    use futures::future::BoxFuture;

    use super::*;

    /// A suite of a name and a version, with a judge where there is one.
    #[derive(Debug)]
    struct Named(&'static str, &'static str, Vec<Judging>);

    impl Suite for Named {
        fn name(&self) -> &str {
            self.0
        }

        fn version(&self) -> &str {
            self.1
        }

        fn judges(&self) -> &[Judging] {
            &self.2
        }

        fn applies(&self, _: &Response) -> bool {
            true
        }

        fn score<'a>(&'a self, _: &'a Response) -> BoxFuture<'a, Score> {
            unreachable!("nothing is scored")
        }
    }

    fn suite(name: &'static str, version: &'static str, judges: Vec<Judging>) -> Arc<Named> {
        Arc::new(Named(name, version, judges))
    }

    fn judge(edit: impl Fn(&mut Judging)) -> Judging {
        let mut judge = Judging::new("http", "judge", 0.0, 256);
        edit(&mut judge);
        judge
    }

    fn response() -> Response {
        Response::new("1", "2 + 2?", "4")
    }

    #[track_caller]
    fn check_distinct(keys: &[(&str, Key)]) {
        for (place, (what, key)) in keys.iter().enumerate() {
            let same = keys[..place].iter().find(|(_, other)| other == key);
            assert_eq!(same, None, "{what}");
        }
    }

    #[test]
    fn the_key_tells_what_a_score_is_made_of() {
        let key = |edit: &dyn Fn(&mut Response)| {
            let mut response = response();
            edit(&mut response);
            Scorer::new(suite("exact", "1", vec![]), Mode::V2).key(&response)
        };
        let text = || Some("x".to_owned());
        check_distinct(&[
            ("as it is", key(&|_| {})),
            ("the id", key(&|response| response.id = "2".into())),
            ("the prompt", key(&|response| response.prompt = "x".into())),
            (
                "the response",
                key(&|response| response.response = "x".into()),
            ),
            ("the domain", key(&|response| response.domain = text())),
            (
                "the right answer",
                key(&|response| response.correct_answer = text()),
            ),
            (
                "the best answer",
                key(&|response| response.best_answer = text()),
            ),
            ("the risk", key(&|response| response.risk_area = text())),
        ]);
        let by_another = key(&|response| {
            response.model = "m".into();
            response.elapsed_seconds = Some(3.0);
        });
        assert_eq!(by_another, key(&|_| {}), "who answered is no part of it");
    }

    #[test]
    fn the_key_tells_who_scored_and_how() {
        let of = |scorer: Scorer| scorer.key(&response());
        let plain = || Scorer::new(suite("exact", "1", vec![]), Mode::V2);
        let judged = |judges| of(Scorer::new(suite("exact", "1", judges), Mode::V2));
        let served = |name| ModelIdentity::served("http://a", name, "");
        check_distinct(&[
            ("as it is", of(plain())),
            (
                "the suite",
                of(Scorer::new(suite("other", "1", vec![]), Mode::V2)),
            ),
            (
                "the version",
                of(Scorer::new(suite("exact", "2", vec![]), Mode::V2)),
            ),
            (
                "the mode",
                of(Scorer::new(suite("exact", "1", vec![]), Mode::Legacy202602)),
            ),
            ("who the judge is", of(plain().judged_by(&served("a")))),
            ("another judge", of(plain().judged_by(&served("b")))),
            ("a file", of(plain().depends_on("references", "a"))),
            ("another file", of(plain().depends_on("references", "b"))),
            ("a repeat", of(plain().repeat(1))),
            ("another repeat", of(plain().repeat(2))),
            ("a judge", judged(vec![judge(|_| {})])),
            ("two judges", judged(vec![judge(|_| {}), judge(|_| {})])),
            (
                "the judge's backend",
                judged(vec![judge(|judge| judge.backend = "mlx".into())]),
            ),
            (
                "the judge's model",
                judged(vec![judge(|judge| judge.model = "x".into())]),
            ),
            (
                "the temperature",
                judged(vec![judge(|judge| judge.temperature = 0.5)]),
            ),
            (
                "the token limit",
                judged(vec![judge(|judge| judge.max_tokens = 512)]),
            ),
            (
                "the seed",
                judged(vec![judge(|judge| judge.seed = Some(0))]),
            ),
            (
                "another seed",
                judged(vec![judge(|judge| judge.seed = Some(1))]),
            ),
        ]);
    }
}
