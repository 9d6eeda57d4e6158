//! How a trimmed text begins.

use super::fold;

pub(super) const STORIES: [&str; 8] = [
    "the ", "a ", "in the ", "once ", "it was ", "she ", "he ", "they ",
];

/// Stock words, whether a comma may follow them, and what comes after white space.
pub(super) const PREAMBLES: [(&str, bool, &[&str]); 4] = [
    (
        "okay",
        true,
        &["let's", "lets", "here's", "heres", "this is"],
    ),
    ("alright", true, &["let's", "lets", "here's", "heres"]),
    ("sure", true, &["let's", "lets", "here's", "heres"]),
    ("great", false, &["question"]),
];

/// Whether the text begins like a story.
pub(super) fn is_narrative(trimmed: &str) -> bool {
    let text = trimmed.as_bytes();
    STORIES
        .iter()
        .any(|story| fold::prefix(text, story).is_some())
}

/// Whether the text begins with a stock phrase.
pub(super) fn is_formulaic(trimmed: &str) -> bool {
    PREAMBLES.iter().any(|(word, comma, next)| {
        let text = trimmed.as_bytes();
        fold::prefix(text, word)
            .map(|end| &text[end..])
            .map(|rest| rest.strip_prefix(b",").filter(|_| *comma).unwrap_or(rest))
            .and_then(fold::after_space)
            .is_some_and(|rest| next.iter().any(|next| fold::prefix(rest, next).is_some()))
    })
}
