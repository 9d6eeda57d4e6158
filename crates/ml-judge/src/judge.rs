//! Scores by a judging model.

mod ask;
mod evidence;
mod fence;
mod pairwise;
mod panel;
mod prompt;
mod reading;
mod repeat;
mod schema;

use std::fmt;
use std::sync::Arc;

use inference_core::{Backend, EntryPoint, Error, GenerateOptions, OptionKind};

pub use ask::{Assessment, Unjudged};
pub use evidence::Evidence;
pub use pairwise::{Comparison, Pair, PairTally, Preference};
pub use panel::{NoJudge, Panel};
pub use reading::Unreadable;
pub use repeat::{Spread, pass_at_k, pass_hat_k};

use crate::{Judging, Mode, Outcome, Rubric, Score};

/// A model that judges, and how it is asked.
///
/// Every request sets temperature and token limit, also where they are the defaults, and the
/// record of both goes with every score. A judge asks for JSON that a schema constrains where its
/// backend can, else in words. An answer that cannot be read is answered with what is wrong with
/// it, once; transport errors are the backend's to retry.
///
/// What is judged stands between marks that it cannot contain. The marks are drawn anew for every
/// call; where a seed is set they follow from it and from what is judged, so that the same call is
/// the same request to the byte.
///
/// ```
/// use std::sync::Arc;
///
/// use inference_conformance::ScriptedModel;
/// use inference_core::InferenceAdapter;
/// use ml_judge::{Evidence, Judge, JudgeOptions, Mode, Rubrics};
///
/// # futures::executor::block_on(async {
/// let model = ScriptedModel::new("judge")
///     .otherwise([r#"{"kindness": 8, "awareness": 6, "reasoning": "calm"}"#]);
/// let backend = Arc::new(InferenceAdapter::new(model));
/// let judge = Judge::new(backend, "judge", &JudgeOptions::default())?;
/// let rubrics = Rubrics::built_in();
/// let rubric = rubrics.get("toxicity").expect("built in");
/// let evidence = Evidence::new("They are all alike.", "Are they?");
/// let score = judge.score(rubric, &evidence, Mode::V2).await;
/// assert_eq!(score.value("kindness"), Some(8.0));
/// # Ok::<(), inference_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Judge {
    backend: Arc<dyn Backend>,
    record: Judging,
    options: GenerateOptions,
}

/// How a judge is asked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct JudgeOptions {
    /// 0, the default, is greedy.
    pub temperature: f64,
    /// The most tokens of an answer; 1024 unless set.
    pub max_tokens: u32,
    /// Seed of the sampler; `None`, the default, leaves it to the backend.
    pub seed: Option<u64>,
}

impl Default for JudgeOptions {
    fn default() -> Self {
        Self {
            temperature: GenerateOptions::DEFAULT_TEMPERATURE,
            max_tokens: EntryPoint::Judge.max_tokens(),
            seed: None,
        }
    }
}

impl JudgeOptions {
    /// Sets [`temperature`](Self::temperature).
    #[must_use]
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.temperature = temperature;
        self
    }

    /// Sets [`max_tokens`](Self::max_tokens).
    #[must_use]
    pub fn max_tokens(mut self, tokens: u32) -> Self {
        self.max_tokens = tokens;
        self
    }

    /// Sets [`seed`](Self::seed).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl Judge {
    /// A judge behind a backend; `model` is its name in records.
    ///
    /// # Errors
    /// [`InvalidRequest`](inference_core::ErrorKind::InvalidRequest) for a value out of its range,
    /// [`Unsupported`](inference_core::ErrorKind::Unsupported) for an option that the backend
    /// cannot honour; both name it.
    pub fn new(
        backend: Arc<dyn Backend>,
        model: impl Into<String>,
        options: &JudgeOptions,
    ) -> Result<Self, Error> {
        let JudgeOptions {
            temperature,
            max_tokens,
            seed,
        } = *options;
        let mut record = Judging::new(backend.name(), model, temperature, max_tokens);
        record.seed = seed;
        let mut options = GenerateOptions::default()
            .temperature(temperature)
            .max_tokens(max_tokens);
        options.seed = seed;
        options.require(backend.name(), |kind| backend.supports(kind))?;
        Ok(Self {
            backend,
            record,
            options,
        })
    }

    /// The judge and how it is asked, as in its scores.
    pub fn record(&self) -> &Judging {
        &self.record
    }

    /// The judge for the repeat of a number, from 0: with another seed, where one is set, so that
    /// repeats at a temperature above 0 differ.
    #[must_use]
    pub fn repeat(&self, index: u32) -> Self {
        let mut judge = self.clone();
        judge.record.seed = self.record.seed.map(|seed| seed.wrapping_add(index.into()));
        judge.options.seed = judge.record.seed;
        judge
    }

    /// Judges a response: two requests at most. Dropping the future cancels.
    ///
    /// # Errors
    /// Why there is no assessment.
    pub async fn assess(
        &self,
        rubric: &Rubric,
        evidence: &Evidence<'_>,
    ) -> Result<Assessment, Unjudged> {
        let shown = evidence.shown(rubric)?;
        let prompt = prompt::scores(rubric, &shown, self.record.seed);
        let schema = schema::scores(rubric);
        let read = |reply: &str| reading::scores(reply, rubric, &shown);
        let read = ask::ask(self, prompt, schema, read).await?;
        Ok(Assessment {
            values: read.value.values,
            note: read.value.note,
            repaired: read.repaired,
        })
    }

    /// Judges a response; what fails is an unscored outcome with its reason. Two requests at
    /// most. Dropping the future cancels.
    pub async fn score(&self, rubric: &Rubric, evidence: &Evidence<'_>, mode: Mode) -> Score {
        let outcome = match self.assess(rubric, evidence).await {
            Ok(assessment) => Outcome::Scored {
                values: assessment.values,
                notes: assessment
                    .note
                    .map(|note| (rubric.note().to_owned(), note))
                    .into_iter()
                    .collect(),
            },
            Err(error) => Outcome::Unscored {
                reason: error.reason(),
                cause: error.cause(),
            },
        };
        let mut score = Score::new(rubric.name(), rubric.version(), mode, outcome);
        score.judge = Some(self.record.clone());
        score
    }

    fn is_constrained(&self) -> bool {
        self.backend.supports(OptionKind::Schema)
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judge")
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}
