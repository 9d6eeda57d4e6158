//! The options that chat completions and text completions have in common.

use serde::{Deserialize, Serialize};

use crate::ResponseFormat;
use crate::lenient::strings;

/// How to sample and when to end, flattened into both kinds of request.
///
/// OpenAI's names come first, then the names that llama-server, vLLM and mlx-lm add.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// The most tokens to generate; negative is llama-server's "no limit".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<i64>,
    /// OpenAI's newer name of [`max_tokens`](Self::max_tokens).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_completion_tokens: Option<i64>,
    /// Divides the logits before sampling; 0 is greedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Keep the likeliest tokens that together hold this probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Lowers the logits of tokens that were used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// Lowers the logits of tokens by how often they were used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// Seed of the sampler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// The answer ends before the first of these; read from one string or an array.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "strings")]
    pub stop: Vec<String>,
    /// How many answers to give.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u32>,
    /// The form that the answer must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
    /// Whether the reply is a stream of events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// What the stream carries besides the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<StreamOptions>,
    /// Keep the `k` likeliest tokens; 0 or less keeps all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<i64>,
    /// Drop tokens less likely than this fraction of the likeliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f64>,
    /// llama-server: divides the positive and multiplies the negative logits of used tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_penalty: Option<f64>,
    /// llama-server: how many of the last tokens the penalty looks at; −1 is the whole context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_last_n: Option<i64>,
    /// vLLM's and mlx-lm's name of [`repeat_penalty`](Self::repeat_penalty).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repetition_penalty: Option<f64>,
    /// mlx-lm's name of [`repeat_last_n`](Self::repeat_last_n).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repetition_context_size: Option<i64>,
    /// vLLM: token ids that end the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_token_ids: Option<Vec<u32>>,
}

/// The `stream_options` of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StreamOptions {
    /// Whether a last chunk with `choices: []` carries the usage.
    pub include_usage: bool,
}
