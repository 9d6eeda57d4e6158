//! Text into tokens and back: the model's tokenizer.json, and what other files say about it.

mod byte_level;
mod error;
mod piece;
mod special;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};

use serde::Deserialize;
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
        let outline = Outline::read(&texts.tokenizer)?;
        let mut inner = guarded(|| {
            let inner = tokenizers::Tokenizer::from_bytes(&texts.tokenizer)?;
            // What is contradictory shows at the first text.
            inner.encode_fast("a", true)?;
            Ok(inner)
        })
        .map_err(TokenizerError::Malformed)?;
        // Some files carry those of the training.
        inner
            .with_truncation(None)
            .map_err(TokenizerError::Malformed)?
            .with_padding(None);
        outline.check(&inner)?;

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
        let highest = inner.get_vocab(true).into_values().max().unwrap_or(0);
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
        let encoding = guarded(|| self.inner.encode_fast(text, post_process));
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
}

/// The crate panics at some contradictions in tokenizer.json, such as a post-processor that adds a
/// token which it does not describe.
fn guarded<T>(work: impl FnOnce() -> tokenizers::Result<T>) -> tokenizers::Result<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|said| (*said).to_owned());
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(said
            .unwrap_or_else(|| "the tokenizer panicked".to_owned())
            .into())
    })
}

/// What tokenizer.json itself says, beside what the crate makes of it.
#[derive(Debug, Deserialize)]
struct Outline {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
}

#[derive(Debug, Deserialize)]
struct AddedToken {
    id: u64,
    content: String,
}

impl Outline {
    /// Reads it, and with it the whole file once: the crate panics at broken JSON in some places.
    fn read(tokenizer: &[u8]) -> Result<Self, TokenizerError> {
        serde_json::from_slice(tokenizer).map_err(|error| {
            if error.is_data() {
                TokenizerError::Malformed(error.into())
            } else {
                TokenizerError::Json(error)
            }
        })
    }

    /// Refuses added tokens that the crate has given other ids: it numbers them as they come.
    fn check(&self, inner: &tokenizers::Tokenizer) -> Result<(), TokenizerError> {
        for token in &self.added_tokens {
            if let Some(found) = inner.token_to_id(&token.content)
                && u64::from(found) != token.id
            {
                return Err(TokenizerError::AddedToken {
                    token: token.content.clone(),
                    added: token.id,
                    found,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
