//! The models a server offers.

use serde::{Deserialize, Serialize};

use crate::lenient::{or_default, seconds};

/// The reply of `GET /v1/models`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelList {
    /// Always `list`.
    #[serde(default, deserialize_with = "or_default")]
    pub object: String,
    /// The models; Ollama writes null where it has none.
    #[serde(deserialize_with = "or_default")]
    pub data: Vec<ModelEntry>,
}

/// One model of a server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelEntry {
    /// The name to ask for.
    pub id: String,
    /// Always `model`.
    #[serde(default, deserialize_with = "or_default")]
    pub object: String,
    /// When it was made, in seconds since the epoch.
    #[serde(default, deserialize_with = "seconds")]
    pub created: u64,
    /// Who serves it: `llamacpp`, `vllm`, `library`, …
    #[serde(default, deserialize_with = "or_default")]
    pub owned_by: String,
    /// vLLM: its context length in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_model_len: Option<u64>,
    /// llama-server: what it knows of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<ModelMeta>,
}

/// llama-server's facts about a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelMeta {
    /// Tokens of the vocabulary.
    pub n_vocab: Option<u64>,
    /// Context length that it serves, in tokens.
    pub n_ctx: Option<u64>,
    /// Context length that it was trained with, in tokens.
    pub n_ctx_train: Option<u64>,
    /// Width of the hidden layers.
    pub n_embd: Option<u64>,
    /// Number of parameters.
    pub n_params: Option<u64>,
    /// Bytes of the weights.
    pub size: Option<u64>,
    /// Quantisation, such as `Q4_1`.
    pub ftype: Option<String>,
}

impl ModelEntry {
    /// The context length it serves, in tokens, where the server tells it.
    pub fn context_length(&self) -> Option<u64> {
        self.max_model_len
            .or_else(|| self.meta.as_ref().and_then(|meta| meta.n_ctx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_different_servers_are_read() {
        let read = |json: &str| {
            serde_json::from_str::<ModelList>(json)
                .expect("parses")
                .data
        };
        let vllm = read(
            r#"{"object":"list","data":[{"id":"q","owned_by":"vllm","max_model_len":4096,"root":"q"}]}"#,
        );
        assert_eq!(vllm[0].context_length(), Some(4096));
        let llama = read(
            r#"{"models":[],"data":[{"id":"s","owned_by":"llamacpp","meta":{"n_ctx":2048,"n_vocab":49152}}]}"#,
        );
        assert_eq!(llama[0].context_length(), Some(2048));
        assert!(read(r#"{"object":"list","data":null}"#).is_empty());
    }

    #[test]
    fn a_reply_that_is_no_list_is_an_error() {
        serde_json::from_str::<ModelList>(r#"{"status":"ok"}"#).expect_err("no data");
    }
}
