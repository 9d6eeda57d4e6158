//! Compiles the patterns of the rules.

use regex::Regex;

/// A pattern whose `\b` and `\w` know ASCII only: with those of Unicode, the engine is many times
/// slower on texts with a single letter beyond ASCII.
pub(super) fn pattern(text: &str) -> Regex {
    let ascii = text.replace("\\b", "(?-u:\\b)").replace("\\w", "[a-z0-9_]");
    Regex::new(&ascii).expect("the patterns are constants, which the tests compile")
}

/// A pattern that matches where one of these does.
pub(super) fn any(patterns: &[&str]) -> Regex {
    pattern(&format!("(?:{})", patterns.join("|")))
}
