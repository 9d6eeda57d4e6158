//! Attention inspection: an optional capability of a model.

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::{Error, Prompt};

/// Reads keys and queries after one prefill.
pub trait AttentionInspector: Send + Sync {
    /// Prefills `prompt` once and copies the attention state out.
    ///
    /// Dropping the future cancels.
    fn inspect_attention(&self, prompt: Prompt) -> BoxFuture<'_, Result<AttentionSnapshot, Error>>;
}

/// Keys, and where the backend has them queries, of every layer after one prefill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttentionSnapshot {
    /// Architecture id.
    pub architecture: String,
    /// Layers.
    pub num_layers: usize,
    /// Key heads of a layer.
    pub num_heads: usize,
    /// Query heads of a layer; 0 without queries.
    pub num_query_heads: usize,
    /// Tokens of the prompt.
    pub seq_len: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Keys after the rotary embedding: `[layer][head]`, each `seq_len × head_dim` row by row.
    pub keys: Vec<Vec<Vec<f32>>>,
    /// Queries after the rotary embedding: `[layer][query head]`, each `seq_len × head_dim`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries: Option<Vec<Vec<Vec<f32>>>>,
}

impl AttentionSnapshot {
    /// Whether the snapshot has queries.
    pub fn has_queries(&self) -> bool {
        self.queries.is_some()
    }
}
