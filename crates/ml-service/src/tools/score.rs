//! `ml_score`: the scores of one answer.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use inference_core::{Error, ErrorKind};
use ml_judge::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tool;
use super::call::{Call, check_length, check_text, invalid};
use super::judged::{ModeName, SuiteScore, by_suite};
use crate::ScoreOptions;

/// The suites where none is named.
const SUITES: &str = "heuristic";

pub(crate) struct ScoreAnswer;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// What was asked.
    prompt: String,
    /// What was answered.
    response: String,
    /// Names of suites between commas: heuristic, exact, refusal, and with a judge semantic,
    /// content, capability, truthfulness, `do_not_answer`, toxicity; standard is the last three.
    /// Default: heuristic.
    suites: Option<String>,
    /// Name of the model that judges, as `ml_status` lists it.
    judge: Option<String>,
    /// By which rules to score. Default: v2.
    #[serde(default)]
    mode: ModeName,
    /// The right answer, for exact and capability.
    correct_answer: Option<String>,
    /// The best answer to a question on which people err, for truthfulness.
    best_answer: Option<String>,
    /// The harm that an answer could do, for `do_not_answer`.
    risk_area: Option<String>,
    /// The subject: content or toxigen, for the suites of these.
    domain: Option<String>,
    /// The id of the content probe that was asked, for content.
    id: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    /// What each suite made of the answer, by the suite's name.
    scores: BTreeMap<String, SuiteScore>,
    /// Suites that were named but do not apply: they lack an argument, such as the right answer.
    passed_over: Vec<String>,
}

impl Tool for ScoreAnswer {
    type Arguments = Arguments;
    type Output = Output;

    async fn run(call: &Call, arguments: Arguments) -> Result<Output, Error> {
        arguments.check()?;
        let mut options = ScoreOptions::default();
        let suites = arguments.suites.as_deref().unwrap_or(SUITES);
        options.suites = Some(suites.to_owned());
        options.judges = arguments.judge.iter().cloned().collect();
        options.rules = arguments.mode.rules();
        let selection = options.rules.select(suites);
        let selection = selection.map_err(|error| invalid(error.to_string()))?;
        let responses = vec![arguments.into_response()];
        let mut scored = call.service.score_responses(responses, &options).await?;
        let scored = match scored.next().await {
            Some(Ok(scored)) => scored,
            Some(Err(error)) => {
                let message = "a suite failed";
                return Err(Error::new(ErrorKind::Backend, message).with_source(error));
            }
            None => return Err(Error::cancelled()),
        };
        call.progress.report(1, Some(1), "scored".to_owned()).await;
        let scores = by_suite(scored.scores);
        let passed_over = selection.names().filter(|name| !scores.contains_key(*name));
        let passed_over = passed_over.map(ToOwned::to_owned).collect();
        Ok(Output {
            scores,
            passed_over,
        })
    }
}

impl Arguments {
    fn check(&self) -> Result<(), Error> {
        check_text("prompt", &self.prompt)?;
        check_text("response", &self.response)?;
        for (name, text) in [
            ("correct_answer", &self.correct_answer),
            ("best_answer", &self.best_answer),
            ("risk_area", &self.risk_area),
            ("domain", &self.domain),
            ("id", &self.id),
        ] {
            check_length(name, text.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }

    fn into_response(self) -> Response {
        let id = self.id.unwrap_or_default();
        let mut response = Response::new(id, self.prompt, self.response);
        response.correct_answer = self.correct_answer;
        response.best_answer = self.best_answer;
        response.risk_area = self.risk_area;
        response.domain = self.domain;
        response
    }
}
