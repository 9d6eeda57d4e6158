//! A text's beginning, for people.

use std::borrow::Cow;

/// The first `max_chars` characters of a text; where more follow, an ellipsis takes the place of
/// the last of them.
pub(crate) fn excerpt(text: &str, max_chars: usize) -> Cow<'_, str> {
    if text.chars().nth(max_chars).is_none() {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().take(max_chars.saturating_sub(1));
    Cow::Owned(kept.chain(['…']).collect())
}

/// The text, cut to so many bytes at a character's boundary; an ellipsis stands for the rest.
pub(crate) fn cut(text: &str, max_bytes: usize) -> Cow<'_, str> {
    if text.len() <= max_bytes {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(max_bytes - '…'.len_utf8());
    Cow::Owned(format!("{}…", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_and_never_split() {
        assert_eq!(excerpt("żółw", 4), "żółw");
        assert_eq!(excerpt("żółwie", 4), "żół…");
        assert_eq!(excerpt("", 4), "");
        assert_eq!(cut("żółw", 7), "żółw");
        assert_eq!(cut("żółwie", 7), "żó…");
    }
}
