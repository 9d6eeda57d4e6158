//! Short pieces of foreign text for messages.

/// The most characters of a foreign text that a message shows.
const LIMIT: usize = 300;

/// The start of a text in one line: at most 300 characters, whole ones.
pub(crate) fn excerpt(text: &str) -> String {
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.len() > LIMIT * 4 {
            break;
        }
    }
    match words.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_fall_between_characters() {
        assert_eq!(excerpt("a\n  b\tc "), "a b c");
        let long = excerpt(&"漢".repeat(1000));
        assert_eq!(long.chars().count(), LIMIT + 1);
        assert!(long.ends_with('…'));
        assert_eq!(excerpt(&"é".repeat(LIMIT)).chars().count(), LIMIT);
        assert!(excerpt(&"x".repeat(1 << 20)).len() < 2000);
    }
}
