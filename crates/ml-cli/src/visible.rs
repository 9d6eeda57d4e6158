//! Model output made safe for a terminal.

use std::borrow::Cow;

/// Replaces control characters by their pictures, so that an answer cannot move the cursor, set
/// the title or write to the clipboard. Line ends and tabs stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(picture).collect())
}

fn is_harmful(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// The Unicode control picture of a harmful character.
fn picture(c: char) -> char {
    match c {
        '\x7f' => '␡',
        '\0'..='\x1f' if is_harmful(c) => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        _ if is_harmful(c) => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_untouched() {
        let text = "naïve 東京\n\t\"x\" 👩‍👩‍👧";
        assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn escape_sequences_become_visible() {
        assert_eq!(visible("a\x1b]0;title\x07b\r\x7f"), "a␛]0;title␇b␍␡");
        assert_eq!(visible("\u{9b}31m"), "\u{fffd}31m");
    }
}
