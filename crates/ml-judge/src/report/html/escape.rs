//! Text as HTML that is nothing but text.

use std::fmt::{self, Write as _};

/// A text to be shown, in an element or in a quoted attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(c)?,
                _ if is_unseen(c) => write!(f, "⟨U+{:04X}⟩", u32::from(c))?,
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Whether the character shows nothing itself but may change how others are shown or read:
/// controls, marks of direction (Unicode Standard Annex 9, section 2), and tags.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61C}'
                | '\u{200B}'
                | '\u{200E}'
                | '\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2066}'..='\u{2069}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E007F}'
        )
}

/// The longest text that is shown, in characters.
const MAX_CHARS: usize = 20_000;

/// A text as it is shown, cut where it is very long.
pub(super) fn shown(text: &str) -> std::borrow::Cow<'_, str> {
    crate::text::excerpt(text, MAX_CHARS)
}
