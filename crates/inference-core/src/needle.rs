//! One string, searched for in text that arrives in pieces (Knuth, Morris, Pratt 1977).

/// The search state for one string; it never looks at a byte twice.
#[derive(Debug, Clone)]
pub(crate) struct Needle {
    text: Box<str>,
    /// `borders[i]`: the length of the longest proper prefix that `text[..=i]` also ends with.
    borders: Box<[usize]>,
    matched: usize,
}

impl Needle {
    /// An empty string is a needle that is never found.
    pub(crate) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut borders = vec![0; bytes.len()];
        let mut border = 0;
        for i in 1..bytes.len() {
            while border > 0 && bytes[i] != bytes[border] {
                border = borders[border - 1];
            }
            border += usize::from(bytes[i] == bytes[border]);
            borders[i] = border;
        }
        Self {
            text: text.into(),
            borders: borders.into(),
            matched: 0,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Reads the next byte of the text; true when it completes an occurrence.
    pub(crate) fn advance(&mut self, byte: u8) -> bool {
        let bytes = self.text.as_bytes();
        if bytes.is_empty() {
            return false;
        }
        if self.matched == bytes.len() {
            self.matched = self.borders[self.matched - 1];
        }
        while self.matched > 0 && bytes[self.matched] != byte {
            self.matched = self.borders[self.matched - 1];
        }
        self.matched += usize::from(bytes[self.matched] == byte);
        self.matched == bytes.len()
    }

    /// How many of the last bytes read may still become an occurrence.
    ///
    /// They start at a character border of the text, because the needle does.
    pub(crate) fn pending(&self) -> usize {
        if self.matched == self.text.len() && self.matched > 0 {
            self.borders[self.matched - 1]
        } else {
            self.matched
        }
    }

    /// Forgets what was read.
    pub(crate) fn reset(&mut self) {
        self.matched = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::Needle;

    #[track_caller]
    fn check(needle: &str, text: &str, ends: &[usize], pending: usize) {
        let mut search = Needle::new(needle);
        let found: Vec<usize> = (0..text.len())
            .filter(|&i| search.advance(text.as_bytes()[i]))
            .map(|i| i + 1)
            .collect();
        assert_eq!((found.as_slice(), search.pending()), (ends, pending));
    }

    #[test]
    fn finds_every_occurrence_and_knows_what_is_pending() {
        check("STOP", "a STOP, a STO", &[6], 3);
        check("aa", "aaaa", &[2, 3, 4], 1);
        check("aab", "aaab", &[4], 0);
        check("abab", "ababab", &[4, 6], 2);
        check("é!", "è é!", &[6], 0);
        check("", "abc", &[], 0);
    }
}
