//! A whole answer, and what is left of one that failed.

use serde::{Deserialize, Serialize};

use crate::{Error, FinishReason, Metrics, Token, ToolCall, Usage};

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Generation {
    /// The answer; empty where the model said nothing.
    pub text: String,
    /// The model's thinking, where it was told from the answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    /// The pieces of `text`, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<Token>,
    /// The tools that the model calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Why the answer ended.
    pub finish_reason: FinishReason,
    /// How many tokens it took.
    pub usage: Usage,
    /// How long it took.
    pub metrics: Metrics,
}

/// What had come of an answer before it failed.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Partial {
    /// The answer so far.
    pub text: String,
    /// The thinking so far.
    pub reasoning: String,
    /// The pieces of `text`, in order.
    pub tokens: Vec<Token>,
    /// The tool calls so far.
    pub tool_calls: Vec<ToolCall>,
}

/// An answer that failed: the error, and what had come before it.
///
/// `Display` and `source` are those of the error.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GenerationError {
    /// What went wrong.
    pub error: Error,
    /// What had come before.
    pub partial: Box<Partial>,
}

impl GenerationError {
    /// A failure after `partial`.
    pub fn new(error: Error, partial: Partial) -> Self {
        Self {
            error,
            partial: Box::new(partial),
        }
    }
}

impl std::fmt::Display for GenerationError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for GenerationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl From<Error> for GenerationError {
    fn from(error: Error) -> Self {
        Self::new(error, Partial::default())
    }
}

impl From<GenerationError> for Error {
    fn from(failed: GenerationError) -> Self {
        failed.error
    }
}
