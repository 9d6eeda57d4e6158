//! Tokens into text as they come, in whole characters.

use std::str;
use std::sync::Arc;

use super::tokenizer::{Place, Tokenizer};

/// The text of one answer.
///
/// What [`push`](Self::push) and [`finish`](Self::finish) give is together the text of all the
/// tokens, however they are divided. Special tokens show nothing. At most three bytes are held
/// back, until their character is whole; what can be no part of one becomes U+FFFD.
///
/// It is what the tokenizer's own decoder makes of all the tokens at once, but for byte tokens
/// (`<0xE2>`) that are no UTF-8: that decoder then drops the whole characters beside them too.
#[derive(Debug)]
pub(crate) struct Detokenizer {
    tokenizer: Arc<Tokenizer>,
    /// Bytes that are no whole character yet.
    held: Vec<u8>,
    place: Place,
    /// How many characters the start of the text may still lose.
    strip: usize,
}

impl Detokenizer {
    /// For an answer that is a text of its own, such as a turn of a chat: a space that the
    /// tokenizer puts before every text is taken away again.
    pub(crate) fn new(tokenizer: Arc<Tokenizer>) -> Self {
        let strip = tokenizer.strip().map_or(0, |(_, most)| most);
        Self {
            tokenizer,
            held: Vec::new(),
            place: Place::First,
            strip,
        }
    }

    /// For an answer that goes on where a raw prompt ends: a space at its start belongs to it.
    pub(crate) fn continuing(tokenizer: Arc<Tokenizer>) -> Self {
        Self {
            place: Place::Later,
            strip: 0,
            ..Self::new(tokenizer)
        }
    }

    /// Takes the next token and gives the characters that it completes, often none or many.
    pub(crate) fn push(&mut self, id: u32) -> String {
        if !self.tokenizer.append(id, self.place, &mut self.held) {
            return String::new();
        }
        self.place = Place::Later;
        let (text, used) = whole(&self.held);
        self.held.drain(..used);
        self.stripped(text)
    }

    /// The answer has ended: gives what was held back, as U+FFFD.
    pub(crate) fn finish(&mut self) -> String {
        let rest = std::mem::take(&mut self.held);
        self.stripped(String::from_utf8_lossy(&rest).into_owned())
    }

    fn stripped(&mut self, mut text: String) -> String {
        let Some((character, _)) = self.tokenizer.strip() else {
            return text;
        };
        while self.strip > 0 && !text.is_empty() {
            if text.starts_with(character) {
                text.remove(0);
                self.strip -= 1;
            } else {
                self.strip = 0;
            }
        }
        text
    }
}

/// The text of `bytes` up to a character that is not whole, and how many bytes that is.
fn whole(bytes: &[u8]) -> (String, usize) {
    let mut text = String::with_capacity(bytes.len());
    let mut used = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        used += chunk.valid().len();
        let rest = &bytes[used..];
        if rest.is_empty() || may_become_a_character(rest) {
            break;
        }
        text.push(char::REPLACEMENT_CHARACTER);
        used += chunk.invalid().len();
    }
    (text, used)
}

/// Whether these bytes are the beginning of a character whose end is yet to come.
fn may_become_a_character(bytes: &[u8]) -> bool {
    str::from_utf8(bytes)
        .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
}

#[cfg(test)]
mod tests;
