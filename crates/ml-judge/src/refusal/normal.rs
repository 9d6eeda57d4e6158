//! A sentence in the form that the rules read.

use crate::text::{Sentence, Token, Tokens, fold};

/// A sentence's words without what it quotes, folded and separated by single spaces.
#[derive(Debug)]
pub(super) struct Normal {
    /// The words.
    pub(super) text: String,
    /// How many there are.
    pub(super) words: usize,
}

impl Normal {
    pub(super) fn new(sentence: &Sentence<'_>) -> Self {
        let mut normal = Self {
            text: String::with_capacity(sentence.text.len()),
            words: 0,
        };
        let mut quoted = sentence.quoted;
        for token in Tokens::new(sentence.text) {
            match token {
                Token::Quote => quoted = !quoted,
                Token::Word(word) if !quoted => normal.push(word.text),
                Token::Word(_) | Token::Break | Token::End => {}
            }
        }
        normal
    }

    fn push(&mut self, word: &str) {
        if self.words > 0 {
            self.text.push(' ');
        }
        self.text.extend(word.chars().map(fold));
        self.words += 1;
    }
}
