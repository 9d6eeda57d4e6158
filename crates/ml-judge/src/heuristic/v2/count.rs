//! Counts everything that is counted by the word, in one walk over the text.

use aho_corasick::automaton::StateID;

use super::index::{Entry, INDEX, Index, Strength};
use super::lexicon::Class;
use super::repetition::Repetition;
use super::vocabulary::Vocabulary;
use crate::text::{LineKind, Lines, Token, Tokens, Word};

/// What was found in a text.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counts {
    /// Words outside of code.
    pub(super) words: u32,
    /// Different words among them, 256 at most.
    pub(super) distinct: usize,
    /// Sentences in the first person.
    pub(super) first_person: u32,
    pub(super) compliance: u32,
    pub(super) imagery: u32,
    pub(super) values: u32,
    pub(super) technical: u32,
    pub(super) emotion: u32,
    /// Share of sequences of four words that repeat an earlier one.
    pub(super) repetition: f64,
    /// Whether there are headings, lists, tables, code or bold text.
    pub(super) structured: bool,
}

impl Counts {
    /// So many per 100 words.
    pub(super) fn rate(&self, count: u32) -> f64 {
        100.0 * f64::from(count) / f64::from(self.words.max(1))
    }
}

/// Counts the words and phrases of a text.
pub(super) fn count(text: &str) -> Counts {
    let mut counter = Counter::new(&INDEX);
    let mut prose = false;
    for line in Lines::new(text) {
        if !(prose && line.kind == LineKind::Prose) {
            counter.end_sentence();
        }
        prose = line.kind == LineKind::Prose;
        counter.counts.structured |= match line.kind {
            LineKind::Blank => false,
            LineKind::Prose => is_bold(line.text),
            LineKind::Heading | LineKind::Item | LineKind::Table | LineKind::Code => true,
        };
        if !matches!(line.kind, LineKind::Blank | LineKind::Code) {
            counter.read(line.text);
        }
    }
    counter.finish()
}

/// Whether part of the line is set in bold: a pair of `**`.
fn is_bold(line: &str) -> bool {
    memchr::memchr(b'*', line.as_bytes()).is_some()
        && line
            .split_once("**")
            .is_some_and(|(_, rest)| rest.contains("**"))
}

/// Counts of a sentence, by class.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    firm: i32,
    weak: i32,
}

struct Counter<'i> {
    index: &'i Index,
    state: StateID,
    counts: Counts,
    vocabulary: Vocabulary,
    repetition: Repetition,
    found: [Found; Class::COUNT],
    /// Words of this sentence.
    words: u32,
    /// Whether it begins with "I".
    of_mine: bool,
    /// Whether anything was found in it.
    any: bool,
}

impl<'i> Counter<'i> {
    fn new(index: &'i Index) -> Self {
        Self {
            index,
            state: index.start,
            counts: Counts::default(),
            vocabulary: Vocabulary::new(),
            repetition: Repetition::new(),
            found: [Found::default(); Class::COUNT],
            words: 0,
            of_mine: false,
            any: false,
        }
    }

    fn read(&mut self, line: &str) {
        for token in Tokens::new(line) {
            match token {
                Token::Word(word) => self.word(&word),
                Token::Break | Token::Quote => self.state = self.index.start,
                Token::End => self.end_sentence(),
            }
        }
    }

    fn word(&mut self, word: &Word<'_>) {
        if self.words == 0 {
            self.of_mine = matches!(word.text, "I" | "i");
        }
        self.words += 1;
        self.vocabulary.insert(word.hash);
        self.repetition.push(word.hash);
        match self.index.find(word) {
            Some(entry) => self.entry(entry),
            None => self.state = self.index.start,
        }
    }

    fn entry(&mut self, entry: &Entry) {
        if let Some((class, strength)) = entry.class {
            let found = &mut self.found[class as usize];
            match strength {
                Strength::Firm => found.firm += 1,
                Strength::Weak => found.weak += 1,
            }
            self.any = true;
        }
        if entry.symbol == 0 {
            self.state = self.index.start;
            return;
        }
        self.state = self.index.step(self.state, entry.symbol);
        for effect in self.index.effects(self.state) {
            let found = &mut self.found[effect.class as usize];
            found.firm += effect.firm;
            found.weak += effect.weak;
            self.any = true;
        }
    }

    fn end_sentence(&mut self) {
        self.state = self.index.start;
        // A lone "I" is a numeral.
        if self.any || self.of_mine && self.words > 1 {
            self.add_found();
        }
        self.counts.words = self.counts.words.saturating_add(self.words);
        self.words = 0;
        self.of_mine = false;
    }

    fn add_found(&mut self) {
        let of = |class: Class| self.found[class as usize].count();
        let counts = &mut self.counts;
        counts.compliance += of(Class::Compliance);
        counts.imagery += of(Class::Imagery);
        counts.values += of(Class::Value);
        counts.technical += of(Class::Technical);
        counts.emotion += of(Class::Emotion);
        counts.first_person += u32::from(self.of_mine || of(Class::FirstPerson) > 0);
        self.found = [Found::default(); Class::COUNT];
        self.any = false;
    }

    fn finish(mut self) -> Counts {
        self.end_sentence();
        self.counts.distinct = self.vocabulary.len();
        self.counts.repetition = self.repetition.share();
        self.counts
    }
}

impl Found {
    /// Firm words, and weak ones beside them.
    fn count(self) -> u32 {
        let weak = if self.firm > 0 { self.weak.max(0) } else { 0 };
        u32::try_from(self.firm.max(0) + weak).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, of: fn(&Counts) -> u32, expected: u32) {
        assert_eq!(of(&count(text)), expected, "{text:?}");
    }

    #[test]
    fn terms_count_in_their_sense() {
        let technical = |counts: &Counts| counts.technical;
        for (text, expected) in [
            (
                "Use encryption with a hash function, protocol certificates, and blockchain nodes.",
                6,
            ),
            ("The key point is the node under the arm.", 0),
            ("Keep the private key safe.", 1),
            ("Encrypt it with the key.", 2),
            ("Encrypt it. The key is to wait.", 1),
            ("Peel the onion, hash browns and all.", 0),
            ("Browse over Tor.", 1),
            ("A peer-to-peer mesh network.", 2),
        ] {
            check(text, technical, expected);
        }
    }

    #[test]
    fn feelings_are_told_from_idioms() {
        let emotion = |counts: &Counts| counts.emotion;
        for (text, expected) in [
            ("Feel free to ask; I hope this helps.", 0),
            ("Deep learning at its heart.", 0),
            ("Her feelings, deep and tender.", 3),
            ("It broke my heart.", 1),
        ] {
            check(text, emotion, expected);
        }
    }

    #[test]
    fn phrases_end_at_marks_and_with_sentences() {
        let compliance = |counts: &Counts| counts.compliance;
        for (text, expected) in [
            ("As an AI, I can’t.", 2),
            ("I. Cannot", 0),
            ("Am I? Cannot say.", 0),
            ("We spoke as an AI\nlanguage model would.", 2),
            ("Known as an\n\nAI.", 0),
            ("```\nAs an AI\n```", 0),
        ] {
            check(text, compliance, expected);
        }
    }

    #[test]
    fn sentences_of_mine_are_counted_once() {
        let first_person = |counts: &Counts| counts.first_person;
        for (text, expected) in [
            ("I think I know what I want.", 1),
            ("I’m here. So I will. We won't.", 2),
            ("I. Introduction", 0),
            ("World War I was long. Louis I. Then he died.", 1),
        ] {
            check(text, first_person, expected);
        }
    }

    #[test]
    fn structure_is_seen() {
        for (text, expected) in [
            ("plain", false),
            ("a * b ** c", false),
            ("some **bold** text", true),
            ("# Heading", true),
            ("- item", true),
            ("```\ncode\n```", true),
        ] {
            assert_eq!(count(text).structured, expected, "{text:?}");
        }
    }
}
