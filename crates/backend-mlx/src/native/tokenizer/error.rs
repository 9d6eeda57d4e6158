//! Why a tokenizer cannot be used.

use inference_core::{Error, ErrorKind};

/// Why a tokenizer cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenizerError {
    /// tokenizer.json is no JSON.
    #[error("tokenizer.json is not valid JSON")]
    Json(#[source] serde_json::Error),
    /// tokenizer.json does not describe a tokenizer.
    #[error("tokenizer.json does not describe a tokenizer that is known here")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A token of `added_tokens` has another id in the vocabulary.
    #[error("tokenizer.json gives {token:?} the id {added}, but its vocabulary makes it {found}")]
    AddedToken {
        token: String,
        added: u64,
        found: u32,
    },
    /// The rules that make text of tokens are none of those that are known here.
    #[error(
        "tokenizer.json has the decoder {decoder}, which is not supported; these are: ByteLevel, \
         Metaspace, and a Sequence of Replace, ByteFallback, Fuse and a Strip of the start"
    )]
    Decoder { decoder: String },
    /// The tokenizer knows tokens for which the model has no place.
    #[error(
        "tokenizer.json has ids up to {highest}, but the model's vocabulary has {entries} \
         entries: they are of two models"
    )]
    Vocabulary { highest: u32, entries: usize },
    /// A text cannot be encoded.
    #[error("cannot turn the text into tokens")]
    Encode(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<TokenizerError> for Error {
    fn from(error: TokenizerError) -> Self {
        match error {
            TokenizerError::Encode(_) => {
                Self::new(ErrorKind::InvalidRequest, error.to_string()).with_source(error)
            }
            _ => Self::new(ErrorKind::InvalidModel, "cannot use the model's tokenizer")
                .with_source(error),
        }
    }
}
