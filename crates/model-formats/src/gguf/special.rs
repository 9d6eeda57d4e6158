//! The special tokens of a model.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{GgufFault, GgufValue, TokenizerFault};

/// Texts of special tokens that end an answer, whatever the metadata says of them; those of
/// llama.cpp's vocabulary that any supported architecture has.
const ENDS: &[&str] = &[
    "</s>",
    "<EOT>",
    "<|end_of_text|>",
    "<|end|>",
    "<|endoftext|>",
    "<|eom_id|>",
    "<|eot_id|>",
    "<|im_end|>",
    "<end_of_turn>",
    "<eos>",
];

/// What a token is: the numbers of llama.cpp's `llama_token_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Made by merging.
    Normal,
    /// Neither matched in a text nor shown.
    Control,
    /// Matched in a text before anything is merged.
    UserDefined,
    /// All others: unknown, unused, bytes.
    Other,
}

impl TokenKind {
    fn new(number: u64) -> Self {
        match number {
            1 => Self::Normal,
            3 => Self::Control,
            4 => Self::UserDefined,
            _ => Self::Other,
        }
    }
}

/// The tokens with a meaning of their own.
#[derive(Debug, Default)]
pub(super) struct Special {
    tokens: usize,
    pub(super) bos: Option<Token>,
    pub(super) eos: Option<Token>,
    pub(super) unknown: Option<Token>,
    padding: Option<Token>,
    /// All that end an answer.
    ends: BTreeSet<u64>,
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) id: u64,
    pub(super) text: String,
}

impl Special {
    pub(super) fn read(metadata: &BTreeMap<String, GgufValue>) -> Result<Self, GgufFault> {
        let tokens = tokens(metadata)?;
        let find = |key| find(metadata, tokens, key);
        let eos = find("tokenizer.ggml.eos_token_id")?;
        let named = [
            eos.clone(),
            find("tokenizer.ggml.eot_token_id")?,
            find("tokenizer.ggml.eom_token_id")?,
        ];
        let kinds = kinds(metadata, tokens.len())?;
        let ends = (0..).zip(tokens).zip(kinds).filter(|((_, text), kind)| {
            matches!(kind, TokenKind::Control | TokenKind::UserDefined)
                && ENDS.contains(&text.as_str())
        });
        Ok(Self {
            tokens: tokens.len(),
            bos: find("tokenizer.ggml.bos_token_id")?,
            unknown: find("tokenizer.ggml.unknown_token_id")?,
            padding: find("tokenizer.ggml.padding_token_id")?,
            ends: ends
                .map(|((id, _), _)| id)
                .chain(named.into_iter().flatten().map(|token| token.id))
                .collect(),
            eos,
        })
    }

    /// Whether the token ends an answer or stands for what is unknown.
    pub(super) fn is_named(&self, id: u64) -> bool {
        let unknown = self.unknown.as_ref().map(|token| token.id);
        self.ends.contains(&id) || unknown == Some(id)
    }

    /// Refuses more tokens than the embeddings have rows.
    pub(super) fn check_rows(&self, rows: usize) -> Result<(), TokenizerFault> {
        if self.tokens <= rows {
            return Ok(());
        }
        Err(TokenizerFault::Lengths {
            key: "token_embd.weight",
            len: rows,
            tokens: self.tokens,
        })
    }

    /// The ids that `config.json` has.
    pub(super) fn ids(&self) -> Vec<(&'static str, Value)> {
        let mut ids = Vec::new();
        if let Some(token) = &self.bos {
            ids.push(("bos_token_id", json!(token.id)));
        }
        match self.ends.iter().collect::<Vec<_>>()[..] {
            [] => {}
            [one] => ids.push(("eos_token_id", json!(one))),
            _ => ids.push(("eos_token_id", json!(self.ends))),
        }
        if let Some(token) = &self.padding {
            ids.push(("pad_token_id", json!(token.id)));
        }
        ids
    }

    pub(super) fn generation_config(&self) -> Value {
        let ids = self.ids().into_iter();
        Value::Object(ids.map(|(name, id)| (name.to_owned(), id)).collect())
    }

    pub(super) fn tokenizer_config(&self, chat_template: Option<&str>, context: &Value) -> Value {
        let mut config = Map::new();
        // The class that takes everything from tokenizer.json.
        config.insert("tokenizer_class".into(), json!("PreTrainedTokenizerFast"));
        config.insert("clean_up_tokenization_spaces".into(), json!(false));
        config.insert("model_max_length".into(), context.clone());
        let texts = [
            ("bos_token", &self.bos),
            ("eos_token", &self.eos),
            ("unk_token", &self.unknown),
            ("pad_token", &self.padding),
        ];
        for (name, token) in texts {
            if let Some(token) = token {
                config.insert(name.into(), json!(token.text));
            }
        }
        if let Some(template) = chat_template {
            config.insert("chat_template".into(), json!(template));
        }
        Value::Object(config)
    }
}

/// The texts of all tokens.
pub(super) fn tokens(metadata: &BTreeMap<String, GgufValue>) -> Result<&[String], GgufFault> {
    strings(metadata, "tokenizer.ggml.tokens")
}

/// A list of texts that every tokenizer has.
pub(super) fn strings<'a>(
    metadata: &'a BTreeMap<String, GgufValue>,
    key: &str,
) -> Result<&'a [String], GgufFault> {
    let value = metadata.get(key).ok_or_else(|| GgufFault::MissingKey {
        key: key.to_owned(),
    })?;
    value.as_strings().ok_or_else(|| GgufFault::Mistyped {
        key: key.to_owned(),
        expected: "a list of texts",
    })
}

/// What each token is; normal, where the file does not say.
pub(super) fn kinds(
    metadata: &BTreeMap<String, GgufValue>,
    tokens: usize,
) -> Result<Vec<TokenKind>, GgufFault> {
    let key = "tokenizer.ggml.token_type";
    let Some(value) = metadata.get(key) else {
        return Ok(vec![TokenKind::Normal; tokens]);
    };
    let Some(numbers) = value.as_scalars() else {
        return Err(GgufFault::Mistyped {
            key: key.to_owned(),
            expected: "a list of numbers",
        });
    };
    check_len(key, numbers.len(), tokens)?;
    let kinds = numbers.map(|number| TokenKind::new(number.as_u64().unwrap_or(0)));
    Ok(kinds.collect())
}

pub(super) fn check_len(
    key: &'static str,
    len: usize,
    tokens: usize,
) -> Result<(), TokenizerFault> {
    if len == tokens {
        Ok(())
    } else {
        Err(TokenizerFault::Lengths { key, len, tokens })
    }
}

fn find(
    metadata: &BTreeMap<String, GgufValue>,
    tokens: &[String],
    key: &'static str,
) -> Result<Option<Token>, GgufFault> {
    let Some(value) = metadata.get(key) else {
        return Ok(None);
    };
    let id = value.as_u64().ok_or_else(|| GgufFault::Mistyped {
        key: key.to_owned(),
        expected: "the id of a token",
    })?;
    let text = usize::try_from(id).ok().and_then(|id| tokens.get(id));
    let text = text.ok_or(TokenizerFault::TokenId {
        key,
        id,
        tokens: tokens.len(),
    })?;
    Ok(Some(Token {
        id,
        text: text.clone(),
    }))
}
