//! Tells error messages from answers.

use super::{Token, Tokens};

/// Words that an error message in lower case has at most. What is longer explains an error.
const LONGEST: usize = 40;

/// Whether the text is an error message instead of an answer: it begins with `ERROR`, or with
/// "error" in any case before a colon, a stop or a number and is no longer than 40 words. It may
/// stand in a code block.
///
/// Such a text may well be what a model said, and is scored for what it is: broken, or a refusal.
/// That a call failed and there is no answer is told by the narrower [`failure`](crate::failure).
pub(crate) fn is_error_message(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c == '`' || c.is_whitespace());
    let Some((word, rest)) = text.split_at_checked(5) else {
        return false;
    };
    if !word.eq_ignore_ascii_case("error") {
        return false;
    }
    let rest = rest.trim_start();
    let marked = rest.is_empty() || rest.starts_with([':', '!', '.', '`']);
    let numbered = rest.starts_with(|c: char| c.is_ascii_digit());
    let words = Tokens::new(text).filter(|token| matches!(token, Token::Word(_)));
    (marked || numbered) && (word == "ERROR" || words.take(LONGEST + 1).count() <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_from_texts_about_errors() {
        for (text, expected) in [
            ("ERROR", true),
            ("ERROR: connection refused", true),
            (" error 500", true),
            ("```\nError: not known.\n```", true),
            ("Error handling is hard.", false),
            ("Errors: there were none.", false),
            ("Erro", false),
            ("", false),
        ] {
            assert_eq!(is_error_message(text), expected, "{text:?}");
        }
        assert!(!is_error_message(&format!(
            "Error: {}",
            "a word ".repeat(40)
        )));
        assert!(is_error_message(&format!(
            "ERROR: {}",
            "a word ".repeat(40)
        )));
    }
}
