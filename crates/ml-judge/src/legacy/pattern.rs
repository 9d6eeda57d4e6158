//! Regular expressions that match as Go's do.

use regex::Regex;

/// Compiles a pattern in Go's syntax.
///
/// Letters fold as Unicode says in both languages, but Go's `\b`, `\d` and `\s` know ASCII alone,
/// and its `\s` no vertical tab.
///
/// # Panics
///
/// On a pattern that is none: patterns are constants, each compiled by a test.
pub(crate) fn pattern(go: &str) -> Regex {
    let rust = go
        .replace(r"\b", r"(?-u:\b)")
        .replace(r"\d", "[0-9]")
        .replace(r"\s", r"[\t\n\f\r ]");
    Regex::new(&rust).expect("patterns are constants")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(go: &str, matching: &[&str], others: &[&str]) {
        let pattern = pattern(go);
        for text in matching {
            assert!(pattern.is_match(text), "{go} and {text:?}");
        }
        for text in others {
            assert!(!pattern.is_match(text), "{go} and {text:?}");
        }
    }

    #[test]
    fn classes_know_ascii_alone() {
        check(
            r"^\s$",
            &[" ", "\t", "\r"],
            &["\u{b}", "\u{a0}", "\u{2028}"],
        );
        check(r"^[\s\d]$", &["7", " "], &["٧", "\u{b}"]);
        check(r"\bno\b", &["no", "éno", "no—"], &["nos", "_no"]);
    }

    #[test]
    fn letters_fold_as_unicode_says() {
        check(
            r"(?i)\bkiss\b",
            &["KISS", "x\u{212a}i\u{17f}\u{17f}x"],
            &["\u{212a}iss", "kiß"],
        );
    }
}
