//! What is the point of a sentence, and what is only said beside it.

use std::ops::Range;

use super::word::{Word, words};

/// Begins what gives a reason or a whole: never the point.
const BESIDE: [&str; 10] = [
    "because",
    "out of",
    "of the",
    "of all",
    "given that",
    "compared",
    "rather than",
    "instead of",
    "leaving",
    "starting",
];
/// Begins what is not the point unless it has a verb of its own that says a value.
const PERHAPS_BESIDE: [&str; 14] = [
    "which", "who", "since", "when", "if", "after", "before", "than", "per", "for", "at", "while",
    "where", "as",
];
const SAYING: [&str; 12] = [
    "is", "are", "was", "equals", "leaves", "gives", "makes", "gets", "becomes", "costs", "means",
    "remain",
];

/// Where the point of a sentence ends: before the first clause beside it that begins at `from` or
/// later.
pub(super) fn head(text: &str, from: usize) -> usize {
    let words = words(text);
    let later = |word: &Word| word.span.start >= from;
    for (at, word) in words.iter().enumerate().filter(|(_, word)| later(word)) {
        let next = words.get(at + 1).map_or("", |next| next.folded.as_str());
        let both = |pair: &str| pair.split_once(' ') == Some((word.folded.as_str(), next));
        let beside = BESIDE.iter().any(|term| *term == word.folded || both(term));
        let bound = ["least", "most"].contains(&next);
        let perhaps =
            !bound && PERHAPS_BESIDE.contains(&word.folded.as_str()) && !says(text, &words[at..]);
        if beside || perhaps {
            return word.span.start;
        }
    }
    text.len()
}

fn says(text: &str, words: &[Word]) -> bool {
    let start = words.first().map_or(text.len(), |word| word.span.start);
    let verb = words
        .iter()
        .any(|word| SAYING.contains(&word.folded.as_str()));
    verb || text[start..].contains(['=', '≈'])
}

/// The ranges in round brackets, but those of formulas: `\(…\)`, `f(…)`.
pub(super) fn parenthesised(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open = Vec::new();
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '(' => open.push((at, previous != '\\')),
            ')' if previous != '\\' || matches!(open.last(), Some((_, false))) => {
                if let Some((start, true)) = open.pop()
                    && open.is_empty()
                {
                    found.push(start..at);
                }
            }
            _ => {}
        }
        previous = c;
    }
    found
}
