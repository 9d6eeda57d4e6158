//! Answers without what a reasoning model thought before, as mode `legacy-2026-02` reads them.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::legacy::pattern::pattern;

/// The most bytes that are kept of a text that is nothing but thoughts.
const KEPT: usize = 500;

/// The trimmed text without its `<think>…</think>` blocks, as mode `legacy-2026-02` leaves it. A
/// block that is not closed stays.
///
/// Where nothing is left, it is the first 500 bytes of the text as it was: up to the last whole
/// character, where the predecessor cut a character in two.
pub fn without_think_blocks(text: &str) -> Cow<'_, str> {
    static BLOCK: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)<think>.*?</think>"));
    let answer = match BLOCK.replace_all(text, "") {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    if answer.is_empty() {
        return Cow::Borrowed(&text[..text.floor_char_boundary(KEPT)]);
    }
    answer
}
