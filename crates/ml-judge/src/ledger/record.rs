//! What is recorded: answers and scores, as rows.

use inference_core::{FinishReason, Generation, ToolCall, Usage};
use serde::{Deserialize, Serialize};

use super::Key;

/// A model's answer with what is known of how it came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnswerRecord {
    /// The answer.
    pub text: String,
    /// All else.
    #[serde(flatten)]
    pub facts: AnswerFacts,
}

/// What is known of an answer beside its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnswerFacts {
    /// What the model is called; not who it is, which is part of the key.
    pub model: String,
    /// The model's thinking, where it was told from the answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    /// The tools that the model calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Why the answer ended.
    pub finish_reason: FinishReason,
    /// How many tokens it took.
    pub usage: Usage,
    /// How long it took, waiting included, in seconds.
    pub elapsed_seconds: f64,
}

impl AnswerRecord {
    /// What is recorded of an answer of the model called `model` that took so long.
    pub fn new(model: impl Into<String>, answer: Generation, elapsed_seconds: f64) -> Self {
        Self {
            text: answer.text,
            facts: AnswerFacts {
                model: model.into(),
                reasoning: answer.reasoning,
                tool_calls: answer.tool_calls,
                finish_reason: answer.finish_reason,
                usage: answer.usage,
                elapsed_seconds,
            },
        }
    }
}

/// The tables that keys name rows of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    /// Answers by what was asked.
    Answers,
    /// Scores by what was scored.
    Scores,
}

/// What becomes of a key that has a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Conflict {
    /// The row stays.
    #[default]
    Keep,
    /// The new row takes its place.
    Replace,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recorded {
    /// It is in the ledger.
    New,
    /// The key had a row, which stays: another process was first.
    Kept,
}

/// A row on its way into the ledger.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) key: Key,
    /// Milliseconds since 1970.
    pub(super) at: i64,
    pub(super) body: Body,
    pub(super) conflict: Conflict,
}

#[derive(Debug)]
pub(super) enum Body {
    Answer { text: String, facts: String },
    Score { score: String },
}

impl Row {
    /// Bytes in memory, roughly.
    pub(super) fn weight(&self) -> usize {
        /// The row itself, its receipt and its place in the queue.
        const BASE: usize = 256;
        BASE + match &self.body {
            Body::Answer { text, facts } => text.len() + facts.len(),
            Body::Score { score } => score.len(),
        }
    }

    /// The statement that writes it.
    pub(super) fn statement(&self) -> &'static str {
        match (&self.body, self.conflict) {
            (Body::Answer { .. }, Conflict::Keep) => {
                "INSERT INTO answers (key, at, text, facts) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (key) DO NOTHING"
            }
            (Body::Answer { .. }, Conflict::Replace) => {
                "INSERT INTO answers (key, at, text, facts) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (key) DO UPDATE
                 SET at = excluded.at, text = excluded.text, facts = excluded.facts"
            }
            (Body::Score { .. }, Conflict::Keep) => {
                "INSERT INTO scores (key, at, score) VALUES (?1, ?2, ?3)
                 ON CONFLICT (key) DO NOTHING"
            }
            (Body::Score { .. }, Conflict::Replace) => {
                "INSERT INTO scores (key, at, score) VALUES (?1, ?2, ?3)
                 ON CONFLICT (key) DO UPDATE SET at = excluded.at, score = excluded.score"
            }
        }
    }
}
