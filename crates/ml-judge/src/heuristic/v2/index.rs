//! Finds what a word counts for, and which phrases a sequence of words is.
//!
//! Each word of a phrase has a symbol of one byte, so that a phrase is a string of bytes and one
//! automaton finds all phrases in the symbols of a text.

use std::sync::LazyLock;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, MatchKind};

use super::lexicon::{Class, FIRM, IDIOMS, PHRASES, WEAK};
use crate::text::Word;

/// What a word counts for.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    text: &'static str,
    hash: u64,
    pub(super) class: Option<(Class, Strength)>,
    /// Its symbol in phrases; 0 for a word that is in none.
    pub(super) symbol: u8,
}

/// Whether a word settles its sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    Firm,
    Weak,
}

/// What a phrase adds to the counts of its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) class: Class,
    pub(super) firm: i32,
    pub(super) weak: i32,
}

/// The lexicon, made for looking up.
pub(super) struct Index {
    entries: Vec<Entry>,
    /// Place in `entries`, counted from 1; 0 where there is none.
    slots: Vec<u16>,
    phrases: DFA,
    pub(super) start: StateID,
    effects: Vec<Effect>,
}

/// Slots, as a power of two: some six for every word of the lexicon, so that most words of a text
/// meet an empty one at once.
const BITS: u32 = 12;

pub(super) static INDEX: LazyLock<Index> = LazyLock::new(Index::new);

impl Index {
    fn new() -> Self {
        let mut entries = Vec::new();
        for (words, strength) in [(FIRM, Strength::Firm), (WEAK, Strength::Weak)] {
            for &(class, words) in words {
                for word in words.split_ascii_whitespace() {
                    entry(&mut entries, word).class = Some((class, strength));
                }
            }
        }
        let (mut symbols, mut effects) = (Vec::new(), Vec::new());
        for (phrases, counts) in [(PHRASES, 1), (IDIOMS, 0)] {
            for &(class, phrases) in phrases {
                for words in phrases.iter().flat_map(|phrase| expand(phrase)) {
                    symbols.push(spell(&mut entries, &words));
                    effects.push(effect(&mut entries, class, &words, counts));
                }
            }
        }
        let mut phrases = DFA::builder();
        phrases.match_kind(MatchKind::Standard);
        let phrases = phrases
            .build(&symbols)
            .expect("a few hundred short phrases are no large automaton");
        let start = phrases
            .start_state(Anchored::No)
            .expect("an automaton is built for unanchored search");
        let slots = slots(&entries);
        Self {
            entries,
            slots,
            phrases,
            start,
            effects,
        }
    }

    /// The entry of a word.
    pub(super) fn find(&self, word: &Word<'_>) -> Option<&Entry> {
        let hash = word.hash;
        let mut slot = slot(hash);
        loop {
            let place = usize::from(self.slots[slot]);
            let entry = &self.entries[place.checked_sub(1)?];
            if entry.hash == hash && word.is(entry.text) {
                return Some(entry);
            }
            slot = (slot + 1) % self.slots.len();
        }
    }

    /// The state after a word of a phrase.
    pub(super) fn step(&self, state: StateID, symbol: u8) -> StateID {
        self.phrases.next_state(Anchored::No, state, symbol)
    }

    /// The effects of the phrases that end with this state.
    pub(super) fn effects(&self, state: StateID) -> impl Iterator<Item = Effect> {
        let is_match = self.phrases.is_match(state);
        let matches = if is_match {
            self.phrases.match_len(state)
        } else {
            0
        };
        (0..matches).map(move |at| self.effects[self.phrases.match_pattern(state, at).as_usize()])
    }
}

/// The entry of a word, made when there is none.
fn entry<'e>(entries: &'e mut Vec<Entry>, text: &'static str) -> &'e mut Entry {
    let at = entries.iter().position(|entry| entry.text == text);
    let at = at.unwrap_or_else(|| {
        entries.push(Entry {
            text,
            hash: Word::hash_of(text),
            class: None,
            symbol: 0,
        });
        entries.len() - 1
    });
    &mut entries[at]
}

/// Every phrase that a line of the lexicon stands for.
fn expand(phrase: &'static str) -> Vec<Vec<&'static str>> {
    let mut all = vec![Vec::new()];
    for choices in phrase.split(' ') {
        let longer = |words: &Vec<&'static str>| {
            let words = words.clone();
            choices
                .split('|')
                .map(move |word| [words.as_slice(), &[word]].concat())
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// The symbols of a phrase's words, given to those that have none.
fn spell(entries: &mut Vec<Entry>, words: &[&'static str]) -> Vec<u8> {
    let mut symbols = Vec::with_capacity(words.len());
    for word in words {
        let used = entries.iter().map(|entry| entry.symbol).max().unwrap_or(0);
        let entry = entry(entries, word);
        if entry.symbol == 0 {
            entry.symbol = used
                .checked_add(1)
                .expect("phrases have fewer than 256 words");
        }
        symbols.push(entry.symbol);
    }
    symbols
}

/// What makes the phrase count so often, whatever its words counted for the class.
fn effect(entries: &mut Vec<Entry>, class: Class, words: &[&'static str], counts: i32) -> Effect {
    let mut effect = Effect {
        class,
        firm: counts,
        weak: 0,
    };
    for word in words {
        match entry(entries, word).class {
            Some((of, Strength::Firm)) if of == class => effect.firm -= 1,
            Some((of, Strength::Weak)) if of == class => effect.weak -= 1,
            _ => {}
        }
    }
    effect
}

fn slots(entries: &[Entry]) -> Vec<u16> {
    let mut slots = vec![0; 1 << BITS];
    for (place, entry) in (1..).zip(entries) {
        let mut slot = slot(entry.hash);
        while slots[slot] != 0 {
            slot = (slot + 1) % slots.len();
        }
        slots[slot] = place;
    }
    slots
}

/// Multiplies by 2⁶⁴ ÷ φ and takes the highest bits (Knuth, volume 3, 6.4).
fn slot(hash: u64) -> usize {
    let high = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS);
    usize::try_from(high).expect("a few bits fit")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Token, Tokens};

    #[test]
    fn every_word_of_the_lexicon_is_found() {
        for entry in &INDEX.entries {
            let Some(Token::Word(word)) = Tokens::new(entry.text).next() else {
                panic!("{:?} is no word", entry.text);
            };
            assert_eq!(word.text, entry.text, "the tokeniser would never give it");
            assert!(
                INDEX
                    .find(&word)
                    .is_some_and(|found| found.text == entry.text)
            );
        }
        assert!(INDEX.entries.len() * 6 < INDEX.slots.len());
    }

    #[test]
    fn phrases_count_instead_of_their_words() {
        let mut entries = INDEX.entries.clone();
        let private_key = effect(&mut entries, Class::Technical, &["private", "key"], 1);
        assert_eq!((private_key.firm, private_key.weak), (1, -1));
        let feel_free = effect(&mut entries, Class::Emotion, &["feel", "free"], 0);
        assert_eq!((feel_free.firm, feel_free.weak), (-1, 0));
    }
}
