//! The final answer of a response, as a number, a choice, a term, a list or its words.

mod check;
mod choice;
mod clause;
mod list;
mod number;
mod numeral;
mod pick;
mod region;
mod statement;
mod term;
mod visible;
mod word;

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

pub use check::{Check, CheckError, Verdict};
pub use number::Number;
pub use region::Rule;

use region::{Region, regions};
use term::Vocabulary;
use visible::Visible;
pub(crate) use word::normalized;
use word::{Term, words};

/// Statements from the end that are searched for an answer in words.
const SEARCHED_STATEMENTS: usize = 3;
/// What answers that failed begin with, in files of responses.
const FAILED: &str = "ERROR";

/// Something that was found in a response.
#[derive(Debug, Clone, PartialEq)]
pub struct Extracted<T> {
    /// What it says.
    pub value: T,
    /// Its bytes in the response, at boundaries of characters.
    pub span: Range<usize>,
    /// How it was found.
    pub rule: Rule,
}

/// The final answer of a response.
///
/// A response says many things before and after it answers: it restates the question, calculates,
/// explains. The answer is looked for where it is marked (`\boxed{}`, `####`, "the answer is"),
/// then in bold and in conclusions, then in the first and the last statements; among marks of the
/// same worth the last one wins. Thinking is not a part of the answer: `<think>` blocks are left
/// out, and all that follows one that is never closed.
///
/// The last [`SEARCHED`](Self::SEARCHED) bytes are looked at. Time and memory are linear in the
/// length.
///
/// ```
/// use ml_judge::FinalAnswer;
///
/// let answer = FinalAnswer::new("10 + 32 = 42, so the answer is **$42.00** for all 3 of them.");
/// assert_eq!(answer.number().map(|found| found.value.value), Some(42.0));
/// ```
#[derive(Debug, Clone)]
pub struct FinalAnswer<'a> {
    response: &'a str,
    visible: Visible<'a>,
    regions: Vec<Region>,
}

impl<'a> FinalAnswer<'a> {
    /// The end of a response, in bytes, that is searched for its answer.
    pub const SEARCHED: usize = 64 * 1024;

    /// The final answer of a response.
    pub fn new(response: &'a str) -> Self {
        Self::restating(response, &HashSet::new())
    }

    /// The final answer of a response to a prompt. Statements of the prompt that the response
    /// repeats are no answer.
    pub fn to_prompt(response: &'a str, prompt: &str) -> Self {
        let prompt =
            &prompt[prompt.ceil_char_boundary(prompt.len().saturating_sub(Self::SEARCHED))..];
        let said = statement::statements(prompt).into_iter();
        let said = said.map(|span| normalized(&prompt[span]));
        Self::restating(response, &said.filter(|said| said.contains(' ')).collect())
    }

    fn restating(response: &'a str, restated: &HashSet<String>) -> Self {
        let visible = Visible::of(response, Self::SEARCHED);
        let regions = regions(&visible.text, restated);
        Self {
            response,
            visible,
            regions,
        }
    }

    /// The answer as a number.
    pub fn number(&self) -> Option<Extracted<Number>> {
        self.regions.iter().find_map(|region| {
            let text = &self.visible.text[region.span.clone()];
            let number = match region.rule {
                Rule::Opening => None,
                rule if rule.is_marked() => pick::first(text),
                _ => pick::last(text),
            }?;
            let span = shifted(&number.span, region);
            Some(self.extracted(number, &span, region.rule))
        })
    }

    /// The answer as one of the options `A` to `last` (an upper-case ASCII letter).
    pub fn choice(&self, last: char) -> Option<Extracted<char>> {
        let text = &*self.visible.text;
        let closing = |region: &&Region| region.rule == Rule::Closing;
        let is_option = |region: &&Region| choice::is_option(text, &region.span, last);
        let options = self
            .regions
            .iter()
            .filter(closing)
            .filter(is_option)
            .count();
        self.regions.iter().find_map(|region| {
            let plain = matches!(region.rule, Rule::Closing | Rule::Opening);
            if plain && options > 1 && is_option(&region) {
                return None;
            }
            let (letter, span) = choice::find(text, region, last)?;
            Some(self.extracted(letter, &span, region.rule))
        })
    }

    /// The answer as one of the terms, by index. A term is a word or several in a row; case,
    /// punctuation and marks do not count. Of terms that begin alike the longest is found.
    pub fn term<'t>(&self, terms: impl IntoIterator<Item = &'t str>) -> Option<Extracted<usize>> {
        let vocabulary = Vocabulary::new(terms);
        self.worded().find_map(|region| {
            let (term, span) = vocabulary.find(&self.visible.text, region)?;
            Some(self.extracted(term, &span, region.rule))
        })
    }

    /// The answer as a list, its items as written but for quotes.
    pub fn list(&self) -> Option<Extracted<Vec<String>>> {
        let regions = self.regions.iter();
        let mut regions = regions.filter(|region| region.rule != Rule::Opening);
        regions.find_map(|region| {
            let text = &self.visible.text[region.span.clone()];
            let (items, span) = list::find(text, region.rule.is_marked())?;
            Some(self.extracted(items, &shifted(&span, region), region.rule))
        })
    }

    /// The place that gives the answer in words: the marked one where there is one, else the
    /// statement that concludes, else the last one. `None` where the response says nothing.
    pub fn statement(&self) -> Option<Extracted<&str>> {
        let wordy = |region: &&Region| {
            region.rule != Rule::Opening
                && self.visible.text[region.span.clone()].contains(char::is_alphanumeric)
        };
        let region = self.regions.iter().find(wordy)?;
        let text = &self.visible.text[region.span.clone()];
        Some(self.extracted(text, &region.span, region.rule))
    }

    /// All that the response shows, or its last [`SEARCHED`](Self::SEARCHED) bytes.
    pub fn shown(&self) -> &str {
        &self.visible.text
    }

    /// Places where an answer in words may be: no statement far from both ends.
    fn worded(&self) -> impl Iterator<Item = &Region> {
        let mut closing = 0;
        self.regions.iter().filter(move |region| {
            closing += usize::from(region.rule == Rule::Closing);
            region.rule != Rule::Closing || closing <= SEARCHED_STATEMENTS
        })
    }

    fn extracted<T>(&self, value: T, span: &Range<usize>, rule: Rule) -> Extracted<T> {
        let span = self.visible.original(span);
        debug_assert!(self.response.is_char_boundary(span.start));
        debug_assert!(self.response.is_char_boundary(span.end));
        Extracted { value, span, rule }
    }
}

fn shifted(span: &Range<usize>, region: &Region) -> Range<usize> {
    region.span.start + span.start..region.span.start + span.end
}

/// The items of a list as it is written in references: `[2, 3]`.
pub(crate) fn listed(text: &str) -> Option<Vec<String>> {
    let inside = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    Some(list::items(inside))
}

/// The values of the numbers of a text, in order.
pub(crate) fn numbers(text: &str) -> impl Iterator<Item = f64> {
    number::scan(text).into_iter().map(|number| number.value)
}

/// Whether a text has a word that can be looked for.
pub(crate) fn has_words(text: &str) -> bool {
    Term::new(text).is_some()
}

/// How many words a text has.
pub(crate) fn word_count(text: &str) -> usize {
    words(text).len()
}

/// What a response shows, without its thinking.
pub fn without_thinking(response: &str) -> Cow<'_, str> {
    Visible::of(response, usize::MAX).text
}

/// Why there is no answer, where a response is the record of a failed call: it is `ERROR` or begins
/// with `ERROR:`, as files of responses have it. Nothing was said, so that nothing is scored but
/// by the heuristics, which count it as broken.
///
/// Models, too, say "Error: division by zero". Texts of that kind are answers.
pub fn failure(response: &str) -> Option<&str> {
    let rest = response.trim_start().strip_prefix(FAILED)?;
    let reason = rest.trim_start().strip_prefix(':');
    match reason {
        Some(reason) => Some(reason.trim()),
        None => rest.trim().is_empty().then_some(""),
    }
}

#[cfg(test)]
mod tests;
