//! llama-server's additions to a reply: its own clock and the progress of a prompt.

use serde::{Deserialize, Serialize};

/// The `timings` object of llama-server. Times are in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timings {
    /// Prompt tokens taken from the KV cache.
    pub cache_n: u64,
    /// Prompt tokens that were computed.
    pub prompt_n: u64,
    /// Time spent on them.
    pub prompt_ms: f64,
    /// Computed prompt tokens per second.
    pub prompt_per_second: f64,
    /// Tokens that were generated.
    pub predicted_n: u64,
    /// Time spent on them.
    pub predicted_ms: f64,
    /// Generated tokens per second.
    pub predicted_per_second: f64,
}

/// How far llama-server is with a prompt, sent while it works where `return_progress` asks for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PromptProgress {
    /// Tokens of the prompt.
    pub total: u64,
    /// Tokens taken from the KV cache.
    pub cache: u64,
    /// Tokens done, the cached ones included.
    pub processed: u64,
    /// Milliseconds since the start.
    pub time_ms: f64,
}
