//! What is known of a loaded model.

use serde::{Deserialize, Serialize};

/// Facts of a loaded model; what the backend cannot know is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelInfo {
    /// Name of the backend that runs it, as in errors: `llama_cpp`, `http`, `mlx`.
    pub backend: String,
    /// The model's name: what a server calls it, or the file or folder's name.
    pub name: String,
    /// Architecture id, such as `llama`, `qwen3`, `gemma3`.
    pub architecture: Option<String>,
    /// Entries of the vocabulary.
    pub vocab_size: Option<u32>,
    /// Transformer layers.
    pub num_layers: Option<u32>,
    /// Width of the residual stream.
    pub hidden_size: Option<u32>,
    /// Bits of a quantised weight; 0 where weights are not quantised.
    pub quant_bits: Option<u32>,
    /// Weights that share a scale.
    pub quant_group: Option<u32>,
    /// Most tokens that prompt and answer may hold together, as loaded.
    pub context_length: Option<u32>,
    /// Requests that it answers at once, where that is bounded; more wait in line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel_slots: Option<u32>,
    /// Whether the model has a chat template.
    pub has_chat_template: Option<bool>,
}

impl ModelInfo {
    /// A model of which only the backend and the name are known.
    pub fn new(backend: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            backend: backend.into(),
            name: name.into(),
            ..Self::default()
        }
    }
}
