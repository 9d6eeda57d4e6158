//! Words and the marks between them, in one pass and without allocation.

use super::fold::{fold, is_apostrophe, is_mark, stands_alone};

/// A word, or what stands between two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// Letters, digits, marks and the apostrophes, decimal points and thousands separators within.
    Word(Word<'a>),
    /// Punctuation within a sentence. Hyphens and the stars and underscores of emphasis are none.
    Break,
    /// A double quotation mark, opening or closing.
    Quote,
    /// The end of a sentence.
    End,
}

/// A word as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// The word.
    pub(crate) text: &'a str,
    /// Byte offset in the tokenised text.
    pub(crate) start: usize,
    /// Hash of the [folded](super::fold) characters: equal for words that differ in case or in the
    /// kind of their apostrophes. Stable within one build only.
    pub(crate) hash: u64,
}

/// The words of a text and what stands between them, in order.
///
/// A sentence ends at `.`, `!`, `?` or their full-width forms before white space or the text's end.
/// It does not end at a decimal point, an ellipsis, the point of a known abbreviation or of an
/// initial. White space, line ends among it, ends nothing: see [`Lines`](super::Lines).
#[derive(Debug, Clone)]
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// Where the last word began.
    last: usize,
}

impl Word<'_> {
    /// Whether the word is this one, which is given folded.
    pub(crate) fn is(&self, folded: &str) -> bool {
        self.text.chars().map(fold).eq(folded.chars())
    }

    /// The hash that a word of these folded characters has.
    pub(crate) fn hash_of(folded: &str) -> u64 {
        folded.chars().fold(SEED, |hash, c| mix(hash, u32::from(c)))
    }
}

/// FNV-1a's offset and prime (Fowler, Noll, Vo), over characters instead of bytes.
const SEED: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

fn mix(hash: u64, c: u32) -> u64 {
    (hash ^ u64::from(c)).wrapping_mul(PRIME)
}

/// What an ASCII byte is to the tokeniser.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Alphanumeric,
    Space,
    /// Neither ends nor breaks anything.
    Joiner,
    Quote,
    Stop,
    Other,
    Wide,
}

const CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut classes = [Class::Other; 256];
    let mut byte: u8 = 0;
    loop {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => Class::Alphanumeric,
            0..=b' ' => Class::Space,
            b'-' | b'*' | b'_' | b'`' | b'\'' => Class::Joiner,
            b'"' => Class::Quote,
            b'.' | b'!' | b'?' => Class::Stop,
            128.. => Class::Wide,
            _ => Class::Other,
        };
        if byte == 255 {
            return classes;
        }
        byte += 1;
    }
}

impl<'a> Tokens<'a> {
    /// The tokens of a text.
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            last: 0,
        }
    }

    /// Byte offset of what comes next.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    fn word(&mut self) -> Token<'a> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut hash = SEED;
        while let Some(&byte) = bytes.get(self.at) {
            match CLASSES[usize::from(byte)] {
                Class::Alphanumeric => {
                    hash = mix(hash, u32::from(byte.to_ascii_lowercase()));
                    self.at += 1;
                }
                Class::Wide => match self.wide(start) {
                    Some(c) => {
                        hash = mix(hash, u32::from(fold(c)));
                        self.at += c.len_utf8();
                        if stands_alone(c) {
                            self.skip_marks();
                            break;
                        }
                    }
                    None => break,
                },
                _ if self.joins(byte) => {
                    hash = mix(hash, u32::from(byte));
                    self.at += 1;
                }
                _ => break,
            }
        }
        let text = &self.text[start..self.at];
        self.last = start;
        Token::Word(Word { text, start, hash })
    }

    /// The non-ASCII character here, if it goes on the word that began at `start`.
    fn wide(&self, start: usize) -> Option<char> {
        let c = self.char_at(self.at)?;
        let first = self.at == start;
        if stands_alone(c) {
            return first.then_some(c);
        }
        if is_apostrophe(c) {
            return self.letter_follows(c.len_utf8()).then_some(c);
        }
        (c.is_alphanumeric() || (!first && is_mark(c))).then_some(c)
    }

    fn skip_marks(&mut self) {
        while let Some(c) = self.char_at(self.at).filter(|&c| is_mark(c)) {
            self.at += c.len_utf8();
        }
    }

    fn letter_follows(&self, after: usize) -> bool {
        self.char_at(self.at + after)
            .is_some_and(|c| c.is_alphanumeric() && !stands_alone(c))
    }

    /// Whether the ASCII mark here joins what is before and after it into one word.
    fn joins(&self, byte: u8) -> bool {
        let bytes = self.text.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        match byte {
            b'\'' => self.letter_follows(1),
            b'.' | b',' => digit(self.at - 1) && digit(self.at + 1),
            _ => false,
        }
    }

    /// A run of stops: the end of a sentence, or nothing of the kind.
    fn stop(&mut self) -> Token<'a> {
        let start = self.at;
        let mut only_points = true;
        while let Some(c) = self.char_at(self.at).filter(|&c| is_stop(c)) {
            only_points &= matches!(c, '.' | '…');
            self.at += c.len_utf8();
        }
        let run = &self.text[start..self.at];
        if run.chars().all(is_wide_stop) {
            return Token::End;
        }
        let rest = &self.text[self.at..];
        let after = rest.trim_start_matches(is_closer);
        if !after.is_empty() && !after.starts_with(char::is_whitespace) {
            return Token::Break;
        }
        if only_points && (run != "." || self.abbreviates(start, after)) {
            return Token::Break;
        }
        self.at += rest.len() - after.len();
        Token::End
    }

    /// Whether the point at `point` is part of the word right before it.
    fn abbreviates(&self, point: usize, after: &str) -> bool {
        let (before, word) = self.text[..point].split_at(self.last);
        if let [letter] = word.as_bytes() {
            // An initial, or the last letter of "e.g.".
            return letter.is_ascii_uppercase() && *letter != b'I'
                || letter.is_ascii_alphabetic() && before.ends_with('.');
        }
        let mut lower = [0; 8];
        let Some(lower) = lower.get_mut(..word.len()) else {
            return false;
        };
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        match &*lower {
            // Titles and references, which something follows.
            b"mr" | b"mrs" | b"ms" | b"dr" | b"prof" | b"st" | b"vs" | b"cf" | b"fig" | b"eq"
            | b"approx" | b"gen" | b"col" | b"sgt" | b"capt" | b"rev" | b"hon" | b"dept"
            | b"resp" | b"vol" | b"ca" | b"nr" => true,
            // What may end a sentence too: it does before a capital letter.
            b"etc" | b"inc" | b"ltd" | b"corp" | b"jr" | b"sr" | b"al" | b"est" => {
                after.trim_start().starts_with(char::is_lowercase)
            }
            _ => false,
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            match CLASSES[usize::from(byte)] {
                Class::Alphanumeric => return Some(self.word()),
                Class::Space | Class::Joiner => self.at += 1,
                Class::Stop => return Some(self.stop()),
                class @ (Class::Quote | Class::Other) => {
                    self.at += 1;
                    return Some(if class == Class::Quote {
                        Token::Quote
                    } else {
                        Token::Break
                    });
                }
                Class::Wide => {
                    let c = self.char_at(self.at)?;
                    if c.is_alphanumeric() && !is_apostrophe(c) {
                        return Some(self.word());
                    } else if is_stop(c) {
                        return Some(self.stop());
                    }
                    self.at += c.len_utf8();
                    if is_quote(c) {
                        return Some(Token::Quote);
                    } else if !c.is_whitespace()
                        && !is_apostrophe(c)
                        && !is_mark(c)
                        && !is_hyphen(c)
                    {
                        return Some(Token::Break);
                    }
                }
            }
        }
    }
}

fn is_stop(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…') || is_wide_stop(c)
}

/// Stops of scripts that write no space after them.
fn is_wide_stop(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '｡')
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '\u{2010}' | '\u{2011}' | '\u{AD}')
}

/// Whether the character opens or closes a quotation, single marks left aside.
pub(super) fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」')
}

/// What may stand between a sentence's stop and the space after it.
pub(super) fn is_closer(c: char) -> bool {
    matches!(
        c,
        ')' | ']' | '}' | '"' | '\'' | '*' | '_' | '’' | '”' | '»' | '`'
    )
}

#[cfg(test)]
mod tests;
