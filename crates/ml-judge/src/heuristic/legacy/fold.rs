//! Text compared as Go's regular expressions compare it under `(?i)`.
//!
//! Letters fold as Unicode says, so that ſ (U+017F) equals s and the Kelvin sign K (U+212A) equals k, while words are
//! of ASCII: no letter outside it belongs to one.

/// Whether the byte belongs to a word, as for `\b`.
pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether the byte is white space, as for `\s`: unlike in Rust, a vertical tab is not.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\x0c' | b'\r')
}

/// Whether a word begins or ends before the byte at `at`.
pub(super) fn is_boundary(text: &[u8], at: usize) -> bool {
    let word = |at: usize| text.get(at).copied().is_some_and(is_word);
    (at > 0 && word(at - 1)) != word(at)
}

/// The folded character that the text begins with, and its length in bytes; none at the end. A byte
/// that folds to no ASCII character stands for itself.
fn first(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [0xC5, 0xBF, ..] => Some((b's', 2)),
        [0xE2, 0x84, 0xAA, ..] => Some((b'k', 3)),
        [byte, ..] => Some((byte.to_ascii_lowercase(), 1)),
        [] => None,
    }
}

/// The two folded characters that the text begins with.
pub(super) fn two(text: &[u8]) -> Option<(u8, u8)> {
    let (one, length) = first(text)?;
    let (two, _) = first(&text[length..])?;
    Some((one, two))
}

/// The length in bytes of what the text begins with, where that is the phrase, which is in small ASCII letters.
pub(super) fn prefix(text: &[u8], phrase: &str) -> Option<usize> {
    let mut end = 0;
    for expected in phrase.bytes() {
        let (found, length) = first(&text[end..])?;
        if found != expected {
            return None;
        }
        end += length;
    }
    Some(end)
}

/// The text after the white space that it begins with, of which there must be some.
pub(super) fn after_space(text: &[u8]) -> Option<&[u8]> {
    let spaces = text.iter().take_while(|&&byte| is_space(byte)).count();
    (spaces > 0).then(|| &text[spaces..])
}
