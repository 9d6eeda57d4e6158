//! Text into tokens and back: the model's tokenizer.json, and what other files say about it.

mod byte_level;
mod error;
mod piece;
mod special;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::source::Texts;

pub(crate) use error::TokenizerError;
pub(crate) use piece::{Pieces, Place};

/// The tokenizer of a model.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    inner: tokenizers::Tokenizer,
    pieces: Pieces,
    /// Ids of the tokens that are not text.
    special: BTreeSet<u32>,
    ends: BTreeSet<u32>,
    named: BTreeMap<String, String>,
    bos: Bos,
    highest: u32,
}

/// What a raw prompt begins with.
#[derive(Debug)]
enum Bos {
    /// What the post-processor of tokenizer.json adds.
    PostProcessor,
    /// This token, by `add_bos_token` in `tokenizer_config.json`.
    Token(u32),
    /// Nothing, by the same.
    None,
}

impl Tokenizer {
    /// Reads what a model's files say about text; `config` is config.json.
    ///
    /// # Errors
    /// tokenizer.json is malformed, contradicts itself, or has a decoder that is not supported.
    pub(crate) fn new(texts: &Texts, config: &Value) -> Result<Self, TokenizerError> {
        // Parsed to a value first: the parser of the crate panics at broken JSON in some places.
        let tokenizer: Value =
            serde_json::from_slice(&texts.tokenizer).map_err(TokenizerError::Json)?;
        let highest = highest(&tokenizer);
        let added = added_tokens(&tokenizer);
        let mut inner: tokenizers::Tokenizer = serde_json::from_value(tokenizer)
            .map_err(|source| TokenizerError::Malformed(source.into()))?;
        // Some files carry those of the training.
        inner
            .with_truncation(None)
            .map_err(TokenizerError::Malformed)?
            .with_padding(None);
        check_added_tokens(&inner, &added)?;

        let decoder = inner.get_added_tokens_decoder();
        let special = decoder.iter().filter(|(_, token)| token.special);
        let special: BTreeSet<u32> = special.map(|(id, _)| *id).collect();
        let named = special::named(texts.tokenizer_config.as_ref());
        let id = |name: &str| inner.token_to_id(named.get(name)?);
        let well_known = |token: &str| inner.token_to_id(token).filter(|id| special.contains(id));
        let configs = texts
            .generation_config
            .iter()
            .chain([config, &config["text_config"]]);
        let ends = special::ends(configs, id("eos_token"), well_known);
        let add_bos = texts.tokenizer_config.as_ref();
        let bos = match add_bos.and_then(|config| config["add_bos_token"].as_bool()) {
            Some(true) => id("bos_token").map_or(Bos::None, Bos::Token),
            Some(false) => Bos::None,
            None => Bos::PostProcessor,
        };
        let pieces = Pieces::new(inner.get_decoder())?;
        Ok(Self {
            inner,
            pieces,
            special,
            ends,
            named,
            bos,
            highest,
        })
    }

    /// Refuses a tokenizer with ids for which a model with `entries` entries has no place. Fewer
    /// ids are usual: models round their vocabularies up.
    ///
    /// # Errors
    /// Both numbers.
    pub(crate) fn check_against(&self, entries: usize) -> Result<(), TokenizerError> {
        if (self.highest as usize) < entries {
            return Ok(());
        }
        Err(TokenizerError::Vocabulary {
            highest: self.highest,
            entries,
        })
    }

    /// The tokens of a text and nothing else: for what a chat template has rendered, which writes
    /// its own bos token. Special tokens that are spelled out in the text are those tokens.
    ///
    /// # Errors
    /// The text has a part for which the tokenizer has no token.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        self.encode_with(text, false)
    }

    /// The tokens of a raw prompt, which begins with the bos token if the model wants one and the
    /// text does not spell it out. May be none, for a text that the tokenizer drops.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub(crate) fn encode_prompt(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        let spelled = self.named.get("bos_token");
        if spelled.is_some_and(|bos| !bos.is_empty() && text.starts_with(bos)) {
            return self.encode_with(text, false);
        }
        match self.bos {
            Bos::PostProcessor => self.encode_with(text, true),
            Bos::None => self.encode_with(text, false),
            Bos::Token(bos) => {
                let mut ids = self.encode_with(text, false)?;
                ids.insert(0, bos);
                Ok(ids)
            }
        }
    }

    fn encode_with(&self, text: &str, post_process: bool) -> Result<Vec<u32>, TokenizerError> {
        let encoding = self.inner.encode_fast(text, post_process);
        let encoding = encoding.map_err(TokenizerError::Encode)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of one token where it stands within a text, for lists of alternatives: a part of
    /// a character is U+FFFD, a special token its name, an id without a token nothing.
    pub(crate) fn token_text(&self, id: u32) -> String {
        let Some(token) = self.inner.id_to_token(id) else {
            return String::new();
        };
        if self.special.contains(&id) {
            return token;
        }
        let mut bytes = Vec::new();
        self.pieces.append(&token, Place::Later, &mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Appends the bytes that a token shows; false if it is special or there is none.
    pub(super) fn append(&self, id: u32, place: Place, bytes: &mut Vec<u8>) -> bool {
        if self.special.contains(&id) {
            return false;
        }
        match self.inner.id_to_token(id) {
            Some(token) => self.pieces.append(&token, place, bytes),
            None => return false,
        }
        true
    }

    /// What a text loses at its start: at most so many of this character.
    pub(super) fn strip(&self) -> Option<(char, usize)> {
        self.pieces.strip
    }

    /// The ids that end an answer, which are not shown.
    pub(crate) fn ends(&self) -> &BTreeSet<u32> {
        &self.ends
    }

    /// The tokens that `tokenizer_config.json` names, such as `bos_token`: name and text. Chat
    /// templates use them.
    pub(crate) fn named(&self) -> &BTreeMap<String, String> {
        &self.named
    }

    /// One more than the highest id.
    pub(crate) fn entries(&self) -> usize {
        self.highest as usize + 1
    }
}

/// The highest id that tokenizer.json gives.
fn highest(tokenizer: &Value) -> u32 {
    let vocabulary = match &tokenizer["model"]["vocab"] {
        Value::Object(ids) => ids.values().filter_map(Value::as_u64).max(),
        // Unigram: the place is the id.
        Value::Array(tokens) => tokens.len().checked_sub(1).map(|id| id as u64),
        _ => None,
    };
    let added = added_tokens(tokenizer).into_iter().map(|(_, id)| id).max();
    let highest = vocabulary.max(added).unwrap_or(0);
    u32::try_from(highest).unwrap_or(u32::MAX)
}

fn added_tokens(tokenizer: &Value) -> Vec<(String, u64)> {
    let tokens = tokenizer["added_tokens"].as_array();
    let tokens = tokens.into_iter().flatten();
    tokens
        .filter_map(|token| Some((token["content"].as_str()?.to_owned(), token["id"].as_u64()?)))
        .collect()
}

/// The crate numbers added tokens as they come, whatever ids they ask for.
fn check_added_tokens(
    inner: &tokenizers::Tokenizer,
    added: &[(String, u64)],
) -> Result<(), TokenizerError> {
    for (token, id) in added {
        match inner.token_to_id(token) {
            Some(found) if u64::from(found) != *id => {
                return Err(TokenizerError::AddedToken {
                    token: token.clone(),
                    added: *id,
                    found,
                });
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
