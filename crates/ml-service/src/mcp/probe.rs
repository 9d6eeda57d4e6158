//! `ml_probe`: questions with known answers, and how many of them a model gets right.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use futures::StreamExt as _;
use inference_core::{Error, ErrorKind};
use ml_judge::{ProbeFilter, ProbeSet, generated};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::{Call, ModeName, SuiteScore, Tool, by_suite, invalid};
use crate::{ProbeOptions, ProbeResult};

/// The most probes of a call.
const PROBES: usize = 200;

/// Generated probes of each category where nobody says.
const PER_CATEGORY: usize = 3;

pub(super) struct ProbeModel;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Name of the model to ask, as `ml_status` lists it. Default: the one that is marked so.
    #[serde(alias = "backend")]
    model: Option<String>,
    /// Which probes to ask. Default: capability.
    #[serde(default)]
    suite: SuiteName,
    /// Only probes of these categories, between commas, such as `arithmetic,code`.
    categories: Option<String>,
    /// Only so many probes of each category. Default: all, of generated ones 3.
    per_category: Option<NonZeroUsize>,
    /// Only the first so many probes of all.
    limit: Option<NonZeroUsize>,
    /// Seed of generated probes, and above temperature 0 of the answers. Default: 0.
    seed: Option<u64>,
    /// 0 is greedy. Default: 0.
    temperature: Option<f64>,
    /// The most tokens of an answer. Default: 512.
    max_tokens: Option<u32>,
    /// Name of a model that judges the answers too; content needs one.
    judge: Option<String>,
    /// Rules of the checks. Default: v2.
    #[serde(default)]
    mode: ModeName,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SuiteName {
    /// 23 questions of 16 kinds, the same for every model.
    #[default]
    Capability,
    /// 6 questions on contested subjects; a judge is needed.
    Content,
    /// Questions of the same 16 kinds, made from a seed, which no model has seen.
    Generated,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// Name and version of the probes.
    probes: String,
    /// Probes that were asked.
    total: usize,
    /// Answers that were checked.
    checked: usize,
    /// Of these, how many were right.
    correct: usize,
    /// Probes without an answer.
    failed: usize,
    /// The same for each category.
    categories: BTreeMap<String, Tally>,
    /// What came of each probe, in their order.
    results: Vec<Answered>,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
struct Tally {
    /// Answers that were checked.
    checked: usize,
    /// Of these, how many were right.
    correct: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Answered {
    /// The probe.
    id: String,
    /// What it probes.
    category: String,
    /// The model's answer; empty where there is none.
    response: String,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Whether the final answer is right, where it was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    correct: Option<bool>,
    /// The right answer, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    /// The check under `probe`, and the scores of a judge, by the suite's name.
    scores: BTreeMap<String, SuiteScore>,
}

impl Tool for ProbeModel {
    type Arguments = Arguments;
    type Output = Output;

    async fn run(call: &Call, arguments: Arguments) -> Result<Output, Error> {
        let set = arguments.set()?;
        let options = arguments.options();
        let model = call.model(arguments.model);
        let mut results = call.service.probe(model.as_deref(), &set, &options).await?;
        let mut output = Output::of(&set);
        let total = u32::try_from(output.total).ok();
        let mut done = 0;
        while let Some(result) = results.next().await {
            let result = result.map_err(|error| {
                let message = "a check failed";
                Error::new(ErrorKind::Backend, message).with_source(error)
            })?;
            done += 1;
            let id = result.probe.id.clone();
            output.add(result);
            call.progress.report(done, total, id).await;
        }
        Ok(output)
    }
}

impl Arguments {
    fn set(&self) -> Result<ProbeSet, Error> {
        let categories = self.categories.as_deref().unwrap_or_default().split(',');
        let categories = categories.map(str::trim).filter(|name| !name.is_empty());
        let categories: Vec<&str> = categories.collect();
        let set = match self.suite {
            SuiteName::Capability => ProbeSet::capability(),
            SuiteName::Content => ProbeSet::content(),
            SuiteName::Generated => self.generated(&categories)?,
        };
        let mut filter = ProbeFilter::default();
        filter.categories = categories.into_iter().map(ToOwned::to_owned).collect();
        filter.per_category = self.per_category;
        filter.limit = self.limit;
        let set = filter
            .apply(set)
            .map_err(|error| invalid(error.to_string()))?;
        let count = set.probes().len();
        if count > PROBES {
            return Err(invalid(format!(
                "these are {count} probes, but a call may ask {PROBES}: set limit"
            )));
        }
        Ok(set)
    }

    fn generated(&self, categories: &[&str]) -> Result<ProbeSet, Error> {
        let each = self.per_category.map_or(PER_CATEGORY, NonZeroUsize::get);
        if each > PROBES {
            return Err(invalid(format!("per_category may be {PROBES} at most")));
        }
        let set = generated::generate(self.seed.unwrap_or(0), each, categories);
        set.map_err(|error| invalid(error.to_string()))
    }

    fn options(&self) -> ProbeOptions {
        let mut options = ProbeOptions::default();
        let sampling = &mut options.sampling;
        sampling.temperature = self.temperature.or(sampling.temperature);
        sampling.max_tokens = self.max_tokens.or(sampling.max_tokens);
        if sampling
            .temperature
            .is_some_and(|temperature| temperature > 0.0)
        {
            sampling.seed = self.seed;
        }
        options.judges = self.judge.iter().cloned().collect();
        options.rules = self.mode.rules();
        options
    }
}

impl Output {
    fn of(set: &ProbeSet) -> Self {
        Self {
            probes: format!("{} {}", set.name(), set.version()),
            total: set.probes().len(),
            checked: 0,
            correct: 0,
            failed: 0,
            categories: BTreeMap::new(),
            results: Vec::new(),
        }
    }

    fn add(&mut self, result: ProbeResult) {
        let correct = result.correct();
        let category = self.categories.entry(result.probe.category.clone());
        let category = category.or_default();
        if let Some(correct) = correct {
            self.checked += 1;
            self.correct += usize::from(correct);
            category.checked += 1;
            category.correct += usize::from(correct);
        }
        let error = result.answer.err().map(|failed| failed.to_string());
        self.failed += usize::from(error.is_some());
        self.results.push(Answered {
            id: result.probe.id,
            category: result.probe.category,
            response: result.response.response,
            error,
            correct,
            expected: result.response.correct_answer,
            scores: by_suite(result.scores),
        });
    }
}
