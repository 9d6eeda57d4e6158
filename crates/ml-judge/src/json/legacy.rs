//! The JSON object in a judge's reply, as mode `legacy-2026-02` finds it.

use std::sync::LazyLock;

use regex::Regex;

use crate::legacy::pattern::pattern;

/// What mode `legacy-2026-02` takes for the JSON object in a reply: the object in the first fenced
/// block that has one, and else what stands between the first brace and the one that closes it.
/// Braces in strings count like others, and nothing says that it is JSON.
pub fn json_object(reply: &str) -> Option<&str> {
    static FENCED: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?s)```(?:json)?\s*\n?\{.*?\}\s*\n?```"));
    let Some(fenced) = FENCED.find(reply) else {
        return balanced(&reply[reply.find('{')?..]);
    };
    let block = fenced.as_str();
    Some(&block[block.find('{')?..=block.rfind('}')?])
}

/// The text from the brace that it begins with to the one that closes it.
fn balanced(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    for (at, brace) in text.match_indices(['{', '}']) {
        if brace == "{" {
            depth += 1;
        } else {
            depth -= 1;
        }
        if depth == 0 {
            return Some(&text[..=at]);
        }
    }
    None
}
