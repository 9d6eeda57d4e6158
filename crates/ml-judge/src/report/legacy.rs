//! The predecessor's file of scores.

mod blocks;
mod go;

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;

use super::{Report, ReportItem};
use crate::{Mode, Score};

use blocks::{Content, Heuristic, Semantic, Standard};
use go::GoFormatter;

/// What the predecessor's file says of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ScorerMetadata {
    /// The judging model; empty without one.
    pub judge_model: String,
    /// Its server; empty without one.
    pub judge_url: String,
    /// The time, as RFC 3339 has it.
    pub scored_at: String,
    /// The predecessor never set it, and left it empty.
    pub scorer_version: String,
    /// The suites as they were asked for.
    pub suites: Vec<String>,
}

/// A report cannot be written as the predecessor's file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScorerOutputError {
    /// The file says nothing of modes, and has scores of one only.
    #[error(
        "the suite {suite} scored by mode {mode}, and this form has scores of mode \
         legacy-2026-02 only: score with --mode legacy-2026-02"
    )]
    Mode {
        /// The suite.
        suite: String,
        /// Its mode.
        mode: Mode,
    },
    /// It cannot be written.
    #[error("the scores cannot be written")]
    Io(#[source] std::io::Error),
}

/// The suites that the file has a place for.
const SUITES: [&str; 7] = [
    "heuristic",
    "semantic",
    "content",
    "exact",
    "truthfulness",
    "do_not_answer",
    "toxicity",
];

#[derive(Serialize)]
struct ScorerOutput<'a> {
    metadata: &'a ScorerMetadata,
    model_averages: BTreeMap<&'a str, BTreeMap<&'static str, f64>>,
    per_prompt: BTreeMap<&'a str, Vec<PromptScore<'a>>>,
}

#[derive(Serialize)]
struct PromptScore<'a> {
    id: &'a str,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    heuristic: Option<Heuristic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    semantic: Option<Semantic<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standard: Option<Standard<'a>>,
}

impl Report {
    /// Writes the scores as the predecessor did, byte for byte: indented by two spaces, models and
    /// averages by name, prompts in the order of the source, `<`, `>` and `&` escaped.
    ///
    /// The suites that share its one `standard` slot are merged there, where the predecessor kept
    /// whichever came last. Suites that it had no place for are not written.
    ///
    /// # Errors
    /// A suite that has a place did not score by mode `legacy-2026-02`, or the writer fails.
    pub fn write_scorer_output<'a>(
        &'a self,
        metadata: &'a ScorerMetadata,
        to: impl Write,
    ) -> Result<(), ScorerOutputError> {
        let has_place = |name: &str| SUITES.contains(&name);
        let suites = self.suites.iter().filter(|suite| has_place(&suite.name));
        for suite in suites {
            if suite.mode != Mode::Legacy202602 {
                return Err(ScorerOutputError::Mode {
                    suite: suite.name.clone(),
                    mode: suite.mode,
                });
            }
        }
        let mut per_prompt: BTreeMap<&'a str, Vec<PromptScore<'a>>> = BTreeMap::new();
        for item in &self.items {
            per_prompt
                .entry(&item.model)
                .or_default()
                .push(PromptScore::of(item));
        }
        let means = |(model, scores): (&&'a str, &Vec<PromptScore<'a>>)| (*model, averages(scores));
        let model_averages = per_prompt.iter().map(means).collect();
        let output = ScorerOutput {
            metadata,
            model_averages,
            per_prompt,
        };
        let mut to = std::io::BufWriter::new(to);
        let mut json = serde_json::Serializer::with_formatter(&mut to, GoFormatter::default());
        output
            .serialize(&mut json)
            .map_err(|error| ScorerOutputError::Io(error.into()))?;
        to.flush().map_err(ScorerOutputError::Io)
    }
}

impl<'a> PromptScore<'a> {
    fn of(item: &'a ReportItem) -> Self {
        let score = |suite: &str| item.scores.iter().find(|score| score.suite == suite);
        let standard = ["exact", "truthfulness", "do_not_answer", "toxicity"];
        let standard: Vec<&Score> = standard.into_iter().filter_map(score).collect();
        Self {
            id: &item.id,
            model: &item.model,
            heuristic: score("heuristic").and_then(blocks::heuristic),
            semantic: score("semantic").and_then(Semantic::of),
            content: score("content").and_then(Content::of),
            standard: Standard::of(&standard),
        }
    }

    /// The fields that averages are over, with the names that they have there.
    fn fields(&self) -> Vec<(&'static str, f64)> {
        let heuristic = self.heuristic.iter().flat_map(Heuristic::fields);
        let semantic = self.semantic.iter().flat_map(Semantic::fields);
        let content = self.content.iter().flat_map(Content::fields);
        heuristic.chain(semantic).chain(content).collect()
    }
}

/// The mean of each field over the prompts that have it.
fn averages(scores: &[PromptScore<'_>]) -> BTreeMap<&'static str, f64> {
    let mut sums: BTreeMap<&'static str, (f64, f64)> = BTreeMap::new();
    for (field, value) in scores.iter().flat_map(PromptScore::fields) {
        let (sum, count) = sums.entry(field).or_default();
        *sum += value;
        *count += 1.0;
    }
    let mean = |(field, (sum, count))| (field, sum / count);
    sums.into_iter().map(mean).collect()
}
