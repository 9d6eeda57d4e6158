//! The exact suite of mode `legacy-2026-02`: the number that an answer to a GSM8K question gives.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::legacy::pattern::pattern;

/// What the exact suite of mode `legacy-2026-02` found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExactScore {
    /// Whether the extracted number is the expected one.
    pub correct: bool,
    /// What was taken for the answer, with its commas; empty where nothing was, and then left out
    /// of JSON.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub extracted: String,
    /// The right answer as it was given; left out of JSON where empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expected: String,
}

/// Compares the number in a response with the expected one, by the rules of mode
/// `legacy-2026-02`.
///
/// Taken is what follows the first `####`, the mark of the data set's own solutions, and else the
/// last number that white space, an equals sign or the beginning of the text precedes. Correct is
/// what differs by less than 0.01.
///
/// An expected answer in Go's notation for hexadecimal floating-point numbers (`0x1p4`) is not
/// read, and nothing is correct for it.
pub fn exact(response: &str, expected: &str) -> ExactScore {
    let extracted = extract(response).unwrap_or_default();
    let distance = number(extracted)
        .zip(number(expected))
        .map(|(extracted, expected)| (expected - extracted).abs());
    ExactScore {
        correct: distance.is_some_and(|distance| distance < 0.01),
        extracted: extracted.to_owned(),
        expected: expected.to_owned(),
    }
}

fn extract(response: &str) -> Option<&str> {
    static MARKED: LazyLock<Regex> = LazyLock::new(|| pattern(r"####\s*([\d,.\-]+)"));
    if response.starts_with("ERROR") {
        return None;
    }
    match MARKED.captures(response) {
        Some(marked) => Some(marked.get(1)?.as_str()),
        None => last_number(response),
    }
}

/// The last number after white space, an equals sign or nothing.
fn last_number(text: &str) -> Option<&str> {
    const SEPARATORS: [char; 6] = [' ', '\t', '\n', '\u{c}', '\r', '='];
    text.rmatch_indices(SEPARATORS)
        .map(|(at, _)| &text[at + 1..])
        .chain([text])
        .find_map(leading_number)
}

/// The number that the text begins with: a sign, digits and commas, and a point with digits.
fn leading_number(text: &str) -> Option<&str> {
    let digits = |at: usize, commas: bool| {
        let of_number = |byte: &u8| byte.is_ascii_digit() || (commas && *byte == b',');
        text.bytes().skip(at).take_while(of_number).count()
    };
    let sign = usize::from(text.starts_with('-'));
    let whole = digits(sign, true);
    if whole == 0 {
        return None;
    }
    let end = sign + whole;
    let fraction = if text[end..].starts_with('.') {
        digits(end + 1, false)
    } else {
        0
    };
    Some(if fraction > 0 {
        &text[..=end + fraction]
    } else {
        &text[..end]
    })
}

/// A number with commas anywhere and underscores between digits, as Go reads it.
fn number(text: &str) -> Option<f64> {
    let text = text.replace(',', "");
    let mut parts = text.split('_');
    let first = parts.next()?;
    let joined = parts.try_fold(first.to_owned(), |joined, part| {
        let between_digits = joined.ends_with(|c: char| c.is_ascii_digit())
            && part.starts_with(|c: char| c.is_ascii_digit());
        between_digits.then(|| joined + part)
    })?;
    joined.parse().ok()
}
