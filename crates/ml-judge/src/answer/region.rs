//! The places of a text that may hold its final answer, the likeliest first.

use std::collections::HashSet;
use std::ops::Range;

use super::statement::statements;
use super::word::{Word, normalized, words};

/// The rule by which an answer was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// In the last `\boxed{…}`.
    Boxed,
    /// After the last `####`.
    Hashes,
    /// After "the answer is", "Answer:" and the like.
    Stated,
    /// In bold, alone.
    Bold,
    /// In a statement that begins with "so", "therefore" and the like.
    Concluded,
    /// In the first statement.
    Opening,
    /// In the last statement that has an answer of the wanted kind.
    Closing,
}

impl Rule {
    /// Whether the place was marked as the answer, so that its first value counts, not its last.
    pub(super) fn is_marked(self) -> bool {
        matches!(self, Self::Boxed | Self::Hashes | Self::Stated)
    }
}

/// A place that may hold the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) span: Range<usize>,
    pub(super) rule: Rule,
}

/// More marks of one kind are not looked at, from the end.
const MOST_MARKS: usize = 32;
/// Words between "answer" and "is", as in "the answer to the second question is".
const MOST_BETWEEN: usize = 12;
/// A longer text in bold is no answer alone.
const MOST_BOLD: usize = 80;

const BEFORE_ANSWER: [&str; 16] = [
    "the",
    "final",
    "correct",
    "right",
    "my",
    "our",
    "short",
    "exact",
    "numerical",
    "numeric",
    "full",
    "best",
    "overall",
    "s",
    "your",
    "its",
];
const CONNECTORS: [&str; 9] = [
    "is", "are", "was", "equals", "be", "would", "should", "must", "remains",
];
const CONCLUDING: [&str; 14] = [
    "so",
    "therefore",
    "thus",
    "hence",
    "consequently",
    "finally",
    "altogether",
    "overall",
    "conclusion",
    "result",
    "total",
    "final",
    "∴",
    "summary",
];
const FINDINGS: [&str; 7] = [
    "cause",
    "culprit",
    "problem",
    "bug",
    "issue",
    "reason",
    "explanation",
];
const CORRECTING: [&str; 6] = ["wait", "actually", "oops", "correction", "hmm", "sorry"];

/// The places of a text in the order in which they are asked for the answer. Statements that
/// `restated` holds (normalised) are passed over.
pub(super) fn regions(text: &str, restated: &HashSet<String>) -> Vec<Region> {
    let mut all = statements(text);
    if !restated.is_empty() {
        all.retain(|span| !restated.contains(&normalized(&text[span.clone()])));
    }
    let corrected = correction(text, &all);
    let mut marked = boxed(text);
    marked.extend(hashes(text));
    marked.extend(stated(text, &all));
    let mut weighed = bold(text, &all);
    weighed.extend(concluded(text, &all));
    let mut closing: Vec<_> = all
        .iter()
        .map(|span| region(span.clone(), Rule::Closing))
        .collect();
    let opening = all.first().map(|span| region(span.clone(), Rule::Opening));

    let latest_first = |regions: &mut Vec<Region>| {
        regions.sort_by_key(|region| std::cmp::Reverse((region.span.start, region.span.end)));
    };
    latest_first(&mut marked);
    latest_first(&mut weighed);
    closing.reverse();
    let mut ordered = marked;
    ordered.extend(weighed);
    ordered.extend(opening);
    ordered.extend(closing);
    // What comes after a correction goes before all that it corrects.
    ordered.sort_by_key(|region| region.span.start < corrected);
    ordered
}

fn region(span: Range<usize>, rule: Rule) -> Region {
    Region { span, rule }
}

/// Where the last "Wait," or "Actually," stands; 0 where there is none.
fn correction(text: &str, all: &[Range<usize>]) -> usize {
    let corrects = |span: &&Range<usize>| {
        let statement = &text[(*span).clone()];
        let first: String = statement
            .trim_start_matches(|c: char| !c.is_alphanumeric())
            .chars()
            .take_while(|c| c.is_alphabetic())
            .take(12)
            .collect();
        CORRECTING
            .iter()
            .any(|word| word.eq_ignore_ascii_case(&first))
    };
    all.iter().rev().find(corrects).map_or(0, |span| span.start)
}

/// What is in each `\boxed{…}` or `\fbox{…}`, with balanced braces.
fn boxed(text: &str) -> Vec<Region> {
    let mut found = Vec::new();
    let mut limit = text.len();
    while let Some(at) = text[..limit].rfind("box")
        && found.len() < MOST_MARKS
    {
        limit = at;
        let rest = &text[at + 3..];
        let rest = rest.strip_prefix("ed").unwrap_or(rest);
        if !text[..at].ends_with(['\\', 'f']) || !rest.starts_with('{') {
            continue;
        }
        let start = text.len() - rest.len() + 1;
        found.push(region(start..closing_brace(text, start), Rule::Boxed));
    }
    found
}

/// Where the brace that is open at `start` closes, else the end of the line.
fn closing_brace(text: &str, start: usize) -> usize {
    let mut depth = 1;
    for (at, c) in text[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            '\n' => return start + at,
            _ => {}
        }
        if depth == 0 {
            return start + at;
        }
    }
    text.len()
}

/// The rest of each line that begins with `####`, and of each `####` in a line.
fn hashes(text: &str) -> Vec<Region> {
    let found = text
        .rmatch_indices("####")
        .take(MOST_MARKS)
        .map(|(at, mark)| {
            let start = at + mark.len();
            let end = text[start..]
                .find('\n')
                .map_or(text.len(), |line| start + line);
            region(start..end, Rule::Hashes)
        });
    found.collect()
}

/// What follows "the answer is" in its statement, or all of the next statement where nothing does.
fn stated(text: &str, all: &[Range<usize>]) -> Vec<Region> {
    let mut found = Vec::new();
    for (at, span) in all.iter().enumerate().rev() {
        if found.len() >= MOST_MARKS {
            break;
        }
        let Some(start) = after_answer(&text[span.clone()]) else {
            continue;
        };
        let start = span.start + start;
        let rest = &text[start..span.end];
        if rest.contains(char::is_alphanumeric) {
            found.push(region(start..span.end, Rule::Stated));
        } else if let Some(next) = all.get(at + 1) {
            found.push(region(next.clone(), Rule::Stated));
        }
    }
    found
}

/// Where, in a statement, the last "answer is" or "answer:" ends.
fn after_answer(statement: &str) -> Option<usize> {
    // Without an allocation where there is no such word, as in most statements.
    let bytes = statement.as_bytes();
    if !bytes
        .windows(6)
        .any(|six| six.eq_ignore_ascii_case(b"answer") || six.eq_ignore_ascii_case(b"soluti"))
    {
        return None;
    }
    let words = words(statement);
    let noun = (0..words.len()).rev().find(|at| {
        let before = at
            .checked_sub(1)
            .map(|before| words[before].folded.as_str());
        match words[*at].folded.as_str() {
            "answer" | "answers" => before.is_none_or(|word| BEFORE_ANSWER.contains(&word)),
            "solution" => before.is_none_or(|word| ["the", "final", "correct"].contains(&word)),
            _ => false,
        }
    })?;
    connected(statement, &words[noun..], MOST_BETWEEN)
}

/// Where the first connector after the first of the words ends: "is", ":" or "=".
fn connected(statement: &str, words: &[Word], between: usize) -> Option<usize> {
    let noun = words.first()?;
    let mut last = noun;
    for (passed, word) in words[1..].iter().enumerate() {
        if let Some(end) = mark_between(statement, last, word.span.start) {
            return Some(end);
        }
        if passed > between {
            return None;
        }
        if CONNECTORS.contains(&word.folded.as_str()) {
            let after = &words[passed + 2..];
            let more = after.first().filter(|next| {
                ["be", "therefore", "thus", "simply", "then"].contains(&next.folded.as_str())
            });
            let end = more.map_or(word.span.end, |next| next.span.end);
            let rest = &statement[end..];
            let mark = rest.trim_start_matches(['*', '_', ' ']).strip_prefix(':');
            return Some(mark.map_or(end, |mark| statement.len() - mark.len()));
        }
        last = word;
    }
    let alone = std::ptr::eq(last, noun);
    mark_between(statement, last, statement.len()).or(alone.then_some(noun.span.end))
}

/// Where ":" or "=" ends between a word and a place.
fn mark_between(statement: &str, word: &Word, until: usize) -> Option<usize> {
    let gap = statement.get(word.span.end..until)?;
    let mark = gap.find([':', '='])?;
    Some(word.span.end + mark + 1)
}

/// Short texts in bold that are no heading: all of them in the last statement that has one, or
/// the only one of the text.
fn bold(text: &str, all: &[Range<usize>]) -> Vec<Region> {
    let mut found = Vec::new();
    let mut marks = text.match_indices("**").peekable();
    while let Some((open, _)) = marks.next() {
        let Some((close, _)) = marks.peek().copied() else {
            break;
        };
        let inside = &text[open + 2..close];
        if inside.contains('\n') || inside.len() > MOST_BOLD {
            continue;
        }
        marks.next();
        let heads = inside.trim_end().ends_with(':') || text[close + 2..].starts_with(':');
        if !heads && inside.contains(char::is_alphanumeric) {
            found.push(region(open + 2..close, Rule::Bold));
        }
    }
    let last = all.last().map_or(0, |span| span.start);
    if found.len() > 1 {
        found.retain(|bold| bold.span.start >= last);
    }
    found.split_off(found.len().saturating_sub(MOST_MARKS))
}

/// Statements that conclude, from the word that says so.
fn concluded(text: &str, all: &[Range<usize>]) -> Vec<Region> {
    let mut found = Vec::new();
    for span in all.iter().rev() {
        if found.len() >= MOST_MARKS {
            break;
        }
        let statement = &text[span.clone()];
        let head = &statement[..statement.floor_char_boundary(120)];
        if let Some(start) = conclusion(head) {
            found.push(region(span.start + start..span.end, Rule::Concluded));
        }
    }
    found
}

/// Where what a statement concludes begins.
fn conclusion(head: &str) -> Option<usize> {
    let words = words(head);
    let opening = words
        .iter()
        .take(4)
        .position(|word| CONCLUDING.contains(&word.folded.as_str()));
    let concludes = opening.filter(|at| match words[*at].folded.as_str() {
        "so" | "finally" | "overall" | "therefore" | "thus" | "hence" => *at <= 1,
        "result" => {
            *at >= 1 && ["a", "final", "the", "as"].contains(&words[*at - 1].folded.as_str())
        }
        "total" | "conclusion" | "summary" | "final" => true,
        _ => *at <= 1,
    });
    if let Some(at) = concludes {
        return Some(words[at].span.end);
    }
    let finding = words
        .iter()
        .position(|word| FINDINGS.contains(&word.folded.as_str()))?;
    connected(head, &words[finding..], 4)
}
