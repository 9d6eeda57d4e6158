//! How tokens become text: the decoder of tokenizer.json, one token at a time.

use std::borrow::Cow;

use serde::Deserialize;
use tokenizers::DecoderWrapper;

use super::byte_level;
use super::error::TokenizerError;

/// What makes bytes of tokens, which together are the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pieces {
    steps: Vec<Step>,
    /// What a text loses at its start: at most so many of this character.
    pub(crate) strip: Option<(char, usize)>,
    /// Tokens are words: without a decoder, spaces go between them.
    spaced: bool,
}

/// What happens to each token alone.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// Characters stand for bytes.
    ByteLevel,
    /// `<0x0A>` stands for a byte.
    ByteFallback,
    Replace {
        from: String,
        to: String,
    },
    /// This character stands for a space, and in the first token of a text for nothing if so
    /// configured.
    Metaspace {
        space: char,
        first: bool,
    },
}

/// Where a token stands in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// No token that shows is before it.
    First,
    Later,
}

/// The decoders of tokenizer.json, as far as they matter.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
enum Decoder {
    ByteLevel,
    ByteFallback,
    Fuse,
    Metaspace {
        replacement: char,
        prepend_scheme: String,
    },
    Replace {
        pattern: Pattern,
        content: String,
    },
    Strip {
        content: char,
        start: usize,
        stop: usize,
    },
    Sequence {
        decoders: Vec<Self>,
    },
    #[serde(other)]
    Other,
}

/// A text, else an expression.
#[derive(Debug, Deserialize)]
struct Pattern {
    #[serde(rename = "String")]
    text: Option<String>,
}

impl Pieces {
    /// # Errors
    /// The decoder does something to whole texts that cannot be done token by token.
    pub(super) fn new(decoder: Option<&DecoderWrapper>) -> Result<Self, TokenizerError> {
        let mut pieces = Self {
            steps: Vec::new(),
            strip: None,
            spaced: decoder.is_none(),
        };
        let Some(decoder) = decoder else {
            return Ok(pieces);
        };
        let json = serde_json::to_value(decoder)
            .map_err(|source| TokenizerError::Malformed(source.into()))?;
        let decoders = match Decoder::deserialize(&json) {
            Ok(Decoder::Sequence { decoders }) => Some(decoders),
            Ok(decoder) => Some(vec![decoder]),
            Err(_) => None,
        };
        let known = decoders.is_some_and(|decoders| pieces.take(decoders).is_some());
        if known {
            Ok(pieces)
        } else {
            Err(TokenizerError::Decoder {
                decoder: json.to_string(),
            })
        }
    }

    /// Takes the decoders in their order; none where one is not supported at its place.
    fn take(&mut self, decoders: Vec<Decoder>) -> Option<()> {
        let mut whole = false;
        for decoder in decoders {
            let step = match decoder {
                Decoder::Fuse => {
                    whole = true;
                    continue;
                }
                Decoder::Strip {
                    content,
                    start,
                    stop: 0,
                } if whole && self.strip.is_none() => {
                    self.strip = Some((content, start));
                    continue;
                }
                Decoder::ByteLevel => Step::ByteLevel,
                Decoder::ByteFallback => Step::ByteFallback,
                Decoder::Replace {
                    pattern: Pattern { text: Some(from) },
                    content: to,
                } => Step::Replace { from, to },
                Decoder::Metaspace {
                    replacement: space,
                    prepend_scheme,
                } => Step::Metaspace {
                    space,
                    first: prepend_scheme == "never",
                },
                _ => return None,
            };
            if whole {
                return None;
            }
            // What it gives is one text already.
            whole = step == Step::ByteLevel;
            self.steps.push(step);
        }
        Some(())
    }

    /// Appends the bytes of a token.
    pub(crate) fn append(&self, token: &str, place: Place, bytes: &mut Vec<u8>) {
        let mut text = Cow::Borrowed(token);
        if self.spaced && place == Place::Later {
            bytes.push(b' ');
        }
        for step in &self.steps {
            match step {
                Step::ByteLevel => return byte_level::append(&text, bytes),
                Step::ByteFallback => {
                    if let Some(byte) = byte_token(&text) {
                        bytes.push(byte);
                        return;
                    }
                }
                Step::Replace { from, to } if text.contains(from) => {
                    text = text.replace(from, to).into();
                }
                Step::Metaspace { space, first } if text.contains(*space) => {
                    let shown = *first || place == Place::Later;
                    text = text.replace(*space, if shown { " " } else { "" }).into();
                }
                Step::Replace { .. } | Step::Metaspace { .. } => {}
            }
        }
        bytes.extend_from_slice(text.as_bytes());
    }
}

/// The byte of a token such as `<0x0A>`.
fn byte_token(token: &str) -> Option<u8> {
    let hex = token.strip_prefix("<0x")?.strip_suffix('>')?;
    if hex.len() != 2 {
        return None;
    }
    u8::from_str_radix(hex, 16).ok()
}
