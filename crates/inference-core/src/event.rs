//! What a model streams: tokens, tool calls, and one summary at the end.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ToolCall;

/// One piece of an answer: a vocabulary entry, or whatever a server sends as one delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Token {
    /// The text, always whole UTF-8 characters; empty where a token only completes a character
    /// or only carries a log probability.
    pub text: String,
    /// Vocabulary index, where the backend tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// Natural logarithm of the token's probability, where asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logprob: Option<f32>,
    /// The likeliest tokens at this place, likeliest first, where asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
}

impl Token {
    /// A token of which only the text is known.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Sets the vocabulary index.
    #[must_use]
    pub fn with_id(mut self, id: u32) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets the log probability and the alternatives.
    #[must_use]
    pub fn with_logprob(mut self, logprob: f32, alternatives: Vec<Alternative>) -> Self {
        self.logprob = Some(logprob);
        self.alternatives = alternatives;
        self
    }
}

/// A token that could have stood in the place of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// The text; a partial character is shown as U+FFFD.
    pub text: String,
    /// Vocabulary index, where the backend tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// Natural logarithm of its probability.
    pub logprob: f32,
}

/// One item of a [`TokenStream`](crate::TokenStream).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A piece of the answer.
    Token(Token),
    /// A piece of the model's thinking, where the backend or
    /// [`split_thinking`](crate::TokenStream::split_thinking) tells it from the answer.
    Reasoning(Token),
    /// A complete tool call.
    ToolCall(ToolCall),
    /// The end, once, and last.
    Finished(Summary),
}

/// Why an answer ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReason {
    /// The model ended its turn, or a stop string or stop token was reached.
    Stop,
    /// `max_tokens` or the context's end was reached.
    Length,
    /// The model calls tools.
    ToolCalls,
    /// The server withheld the rest.
    ContentFilter,
}

impl FinishReason {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
        }
    }
}

/// How many tokens a request took, where the backend tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// Tokens of the prompt, cached ones included.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the prompt that a prefix cache supplied.
    pub cached_tokens: Option<u64>,
    /// Tokens generated, reasoning included.
    pub generated_tokens: Option<u64>,
}

impl Usage {
    /// The counts of a request without a prefix cache.
    pub fn new(prompt_tokens: u64, generated_tokens: u64) -> Self {
        Self {
            prompt_tokens: Some(prompt_tokens),
            cached_tokens: None,
            generated_tokens: Some(generated_tokens),
        }
    }

    /// Sets how many tokens of the prompt a prefix cache supplied.
    #[must_use]
    pub fn with_cached_tokens(mut self, tokens: u64) -> Self {
        self.cached_tokens = Some(tokens);
        self
    }
}

/// How long one call took and what memory it needed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Metrics {
    /// From the start of the call to the first token, or to the end where none came; in seconds
    /// when serialised.
    #[serde(with = "seconds")]
    pub prefill: Duration,
    /// From the first token to the end; in seconds when serialised.
    #[serde(with = "seconds")]
    pub decode: Duration,
    /// The whole call, waiting included; in seconds when serialised.
    #[serde(with = "seconds")]
    pub total: Duration,
    /// Prompt tokens computed (not cached) per second of prefill.
    pub prefill_tokens_per_second: Option<f64>,
    /// Generated tokens per second of decode.
    pub decode_tokens_per_second: Option<f64>,
    /// Most memory that the model's device held during the call, in bytes.
    pub peak_memory_bytes: Option<u64>,
    /// Memory that the model's device held at the end, in bytes.
    pub active_memory_bytes: Option<u64>,
}

impl Metrics {
    /// Times of a call, with the rates that follow from `usage`.
    ///
    /// `decode` spans the tokens after the first, so its rate counts one token less than were
    /// generated. A rate without a count, or over no time, is `None`.
    pub fn new(usage: &Usage, prefill: Duration, decode: Duration, total: Duration) -> Self {
        let computed = usage
            .prompt_tokens
            .map(|tokens| tokens.saturating_sub(usage.cached_tokens.unwrap_or(0)));
        let decoded = usage
            .generated_tokens
            .map(|tokens| tokens.saturating_sub(1));
        Self {
            prefill,
            decode,
            total,
            prefill_tokens_per_second: rate(computed, prefill),
            decode_tokens_per_second: rate(decoded, decode),
            peak_memory_bytes: None,
            active_memory_bytes: None,
        }
    }
}

/// Tokens per second; `None` where it says nothing.
fn rate(tokens: Option<u64>, time: Duration) -> Option<f64> {
    let tokens = tokens.filter(|tokens| *tokens > 0)?;
    let seconds = time.as_secs_f64();
    #[expect(
        clippy::cast_precision_loss,
        reason = "token counts are far below 2^52"
    )]
    (seconds > 0.0).then(|| tokens as f64 / seconds)
}

/// The last event of a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// Why the answer ended.
    pub finish_reason: FinishReason,
    /// How many tokens it took.
    pub usage: Usage,
    /// How long it took.
    pub metrics: Metrics,
}

impl Summary {
    /// The summary of a call.
    pub fn new(finish_reason: FinishReason, usage: Usage, metrics: Metrics) -> Self {
        Self {
            finish_reason,
            usage,
            metrics,
        }
    }
}

mod seconds {
    //! Durations as seconds in JSON.

    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(time.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_count_what_was_computed() {
        let usage = Usage::new(100, 11).with_cached_tokens(60);
        let second = Duration::from_secs(1);
        let metrics = Metrics::new(&usage, second * 2, second * 5, second * 7);
        assert_eq!(metrics.prefill_tokens_per_second, Some(20.0));
        assert_eq!(metrics.decode_tokens_per_second, Some(2.0));
    }

    #[test]
    fn a_rate_over_nothing_is_unknown() {
        let nothing = Metrics::new(
            &Usage::new(5, 1),
            Duration::ZERO,
            Duration::ZERO,
            Duration::ZERO,
        );
        assert_eq!(nothing.prefill_tokens_per_second, None);
        assert_eq!(nothing.decode_tokens_per_second, None);
        let unknown = Metrics::new(
            &Usage::default(),
            Duration::from_secs(1),
            Duration::from_secs(1),
            Duration::from_secs(2),
        );
        assert_eq!(unknown.prefill_tokens_per_second, None);
    }

    #[test]
    fn a_summary_survives_json() {
        let usage = Usage::new(3, 4);
        let metrics = Metrics::new(
            &usage,
            Duration::from_millis(250),
            Duration::from_millis(500),
            Duration::from_millis(750),
        );
        let summary = Summary::new(FinishReason::Length, usage, metrics);
        let json = serde_json::to_value(&summary).expect("serialises");
        assert_eq!(json["finish_reason"], "length");
        assert_eq!(json["metrics"]["prefill"], 0.25);
        assert_eq!(
            serde_json::from_value::<Summary>(json).expect("parses"),
            summary
        );
    }
}
