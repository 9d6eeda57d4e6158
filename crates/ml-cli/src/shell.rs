//! Words for commands that the user may copy.

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:+@%=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_a_shell_would_split_is_quoted() {
        assert_eq!(quoted("org/name:m-Q4_0.gguf"), "org/name:m-Q4_0.gguf");
        assert_eq!(quoted("/my models/it's"), r"'/my models/it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
