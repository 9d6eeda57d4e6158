//! Which of the known terms a place gives as its answer: options, directions, yes and no.

use std::ops::Range;

use super::clause;
use super::region::{Region, Rule};
use super::word::{Term, Word, words};

/// Terms of which one is the answer.
#[derive(Debug, Clone)]
pub(super) struct Vocabulary {
    /// Each with the index of the text that it was made of.
    terms: Vec<(usize, Term)>,
}

/// Words that take back the term after them.
const NEGATING: [&str; 6] = ["not", "isn't", "never", "neither", "nor", "than"];
/// Answers that also are ordinary words of sentences, so that they count only where they stand
/// alone.
const LONE: [&str; 4] = ["no", "yes", "true", "false"];
/// Words that an opening answer may follow.
const LEADING: [&str; 10] = [
    "the",
    "a",
    "an",
    "it",
    "is",
    "it's",
    "so",
    "therefore",
    "well",
    "answer",
];

impl Vocabulary {
    /// Of the texts; those without a word are left out.
    pub(super) fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let terms = texts.into_iter().enumerate();
        let terms = terms.filter_map(|(at, text)| Some((at, Term::new(text)?)));
        Self {
            terms: terms.collect(),
        }
    }

    /// The term that the place gives: the first one where the place is marked as the answer, the
    /// last one of a sentence's point otherwise. Index and bytes in `text`.
    pub(super) fn find(&self, text: &str, region: &Region) -> Option<(usize, Range<usize>)> {
        let part = &text[region.span.clone()];
        let words = words(part);
        let mentions = self.mentions(part, &words, region.rule);
        let found = match region.rule {
            rule if rule.is_marked() => mentions.first(),
            Rule::Opening => opening(&mentions, &words),
            _ => {
                let from = mentions.first().map_or(0, |mention| mention.span.end);
                let head = clause::head(part, from);
                mentions
                    .iter()
                    .rev()
                    .find(|mention| mention.span.start < head)
            }
        };
        let base = region.span.start;
        found.map(|mention| {
            let span = base + mention.span.start..base + mention.span.end;
            (mention.term, span)
        })
    }

    fn mentions(&self, text: &str, words: &[Word], rule: Rule) -> Vec<Mention> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let fitting = self
                .terms
                .iter()
                .filter(|(_, term)| term.begins(&words[at..]));
            let Some((term, length)) = fitting
                .map(|(index, term)| (*index, term.len()))
                .max_by_key(|(index, length)| (*length, std::cmp::Reverse(*index)))
            else {
                at += 1;
                continue;
            };
            let lone = length > 1 || !LONE.contains(&words[at].folded.as_str());
            if (lone || stands_alone(text, words, at, rule)) && !negated(words, at) {
                found.push(Mention {
                    term,
                    word: at,
                    span: words[at].span.start..words[at + length - 1].span.end,
                });
            }
            at += length;
        }
        found
    }
}

#[derive(Debug)]
struct Mention {
    term: usize,
    word: usize,
    span: Range<usize>,
}

/// The term that the first statement begins with, or the only one that it has.
fn opening<'m>(mentions: &'m [Mention], words: &[Word]) -> Option<&'m Mention> {
    let first = mentions.first()?;
    let leads = words[..first.word]
        .iter()
        .all(|word| LEADING.contains(&word.folded.as_str()));
    let only = mentions.iter().all(|mention| mention.term == first.term);
    (leads || only).then_some(first)
}

fn negated(words: &[Word], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|at| words[at].folded.as_str());
    let article = matches!(before(1), Some("the" | "a" | "an" | "just" | "simply"));
    let previous = before(if article { 2 } else { 1 });
    previous.is_some_and(|word| NEGATING.contains(&word))
        || (previous == Some("of") && before(if article { 3 } else { 2 }) == Some("instead"))
}

/// Whether "no" is an answer and not a part of "no doubt".
fn stands_alone(text: &str, words: &[Word], at: usize, rule: Rule) -> bool {
    if rule.is_marked() && at < 2 {
        return true;
    }
    let after = text[words[at].span.end..].trim_start_matches(['*', '_', '`', '"', '”', '}', ')']);
    let ends = after
        .chars()
        .next()
        .is_none_or(|c| !c.is_alphanumeric() && !c.is_whitespace());
    let last = after.trim_start().is_empty();
    ends || last
}
