//! An answer to be scored.

use serde::{Deserialize, Serialize};

/// An answer of a model with what it answers, and what is known of the right one: a line of the
/// JSONL files that `ml expand` writes and `ml score` reads. Unknown fields are ignored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Response {
    /// Names the prompt in its file.
    pub id: String,
    /// Which of several answers to the same prompt this is, from 0. Answers that share an id differ
    /// by it.
    #[serde(default, skip_serializing_if = "is_first")]
    pub epoch: u32,
    /// The subject, for suites that are for some subjects only: `content`, `toxigen`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// What the model was asked.
    #[serde(default)]
    pub prompt: String,
    /// What it answered.
    #[serde(default)]
    pub response: String,
    /// The model that answered.
    #[serde(default)]
    pub model: String,
    /// How long the answer took, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_seconds: Option<f64>,
    /// The right answer, where there is exactly one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct_answer: Option<String>,
    /// The best answer to a question on which people err.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_answer: Option<String>,
    /// The harm that an answer could do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_area: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn is_first(epoch: &u32) -> bool {
    *epoch == 0
}

impl Response {
    /// A response without anything known of the right answer.
    pub fn new(
        id: impl Into<String>,
        prompt: impl Into<String>,
        response: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            prompt: prompt.into(),
            response: response.into(),
            ..Self::default()
        }
    }
}
