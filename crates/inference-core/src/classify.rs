//! Classification: the next token of each prompt, without generating.

use serde::{Deserialize, Serialize};

use crate::{Token, Usage};

/// Options of [`TextModel::classify`](crate::TextModel::classify).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ClassifyOptions {
    /// Another model of the same server.
    pub model: Option<String>,
    /// A loaded LoRA adapter, by name or path.
    pub adapter: Option<String>,
    /// How many of the likeliest tokens to report; unset is 5.
    pub alternatives: Option<u8>,
    /// Report the logits of the whole vocabulary; a backend that has none refuses it.
    pub logits: bool,
}

impl ClassifyOptions {
    /// `alternatives` where it is unset.
    pub const DEFAULT_ALTERNATIVES: u8 = 5;

    /// How many of the likeliest tokens to report.
    pub fn alternatives(&self) -> u8 {
        self.alternatives.unwrap_or(Self::DEFAULT_ALTERNATIVES)
    }

    /// Sets how many of the likeliest tokens to report.
    #[must_use]
    pub fn with_alternatives(mut self, count: u8) -> Self {
        self.alternatives = Some(count);
        self
    }

    /// Asks for the logits of the whole vocabulary.
    #[must_use]
    pub fn with_logits(mut self) -> Self {
        self.logits = true;
        self
    }
}

/// What a model would say first after one prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Classification {
    /// The likeliest token, with its log probability and alternatives.
    pub token: Token,
    /// Logits of the whole vocabulary at the prompt's last position, where asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logits: Option<Vec<f32>>,
    /// How many tokens it took.
    pub usage: Usage,
}

impl Classification {
    /// A classification without logits.
    pub fn new(token: Token, usage: Usage) -> Self {
        Self {
            token,
            logits: None,
            usage,
        }
    }

    /// Attaches the logits.
    #[must_use]
    pub fn with_logits(mut self, logits: Vec<f32>) -> Self {
        self.logits = Some(logits);
        self
    }
}
