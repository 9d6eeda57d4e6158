//! The words of a text, and where terms of several words occur in them.

use std::ops::Range;

/// A word: a run of letters and digits, with the apostrophes inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Lower case, apostrophes as `'`.
    pub(super) folded: String,
    pub(super) span: Range<usize>,
}

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let mut chars = text.char_indices().peekable();
    let mut open = false;
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        let inside = matches!(c, '\'' | '’' | 'ʼ')
            && open
            && chars.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        if !c.is_alphanumeric() && !inside {
            open = false;
            continue;
        }
        if !open {
            found.push(Word {
                folded: String::new(),
                span: at..end,
            });
            open = true;
        }
        if let Some(word) = found.last_mut() {
            word.span.end = end;
            match c {
                _ if inside => word.folded.push('\''),
                c => word.folded.extend(c.to_lowercase()),
            }
        }
    }
    found
}

/// A text as its words alone, for comparison: case, punctuation, marks and spaces do not count.
pub(crate) fn normalized(text: &str) -> String {
    let words: Vec<_> = words(text).into_iter().map(|word| word.folded).collect();
    words.join(" ")
}

/// A term to be found: one word or several in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term(Vec<String>);

impl Term {
    /// `None` where the text has no word.
    pub(super) fn new(text: &str) -> Option<Self> {
        let words: Vec<_> = words(text).into_iter().map(|word| word.folded).collect();
        (!words.is_empty()).then_some(Self(words))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the words begin with the term.
    pub(super) fn begins(&self, words: &[Word]) -> bool {
        words.len() >= self.0.len()
            && self
                .0
                .iter()
                .zip(words)
                .all(|(term, word)| *term == word.folded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_with_their_places() {
        let text = "The car’s **starter** motor, 2 of 'em.";
        let found = words(text);
        let folded: Vec<_> = found.iter().map(|word| word.folded.as_str()).collect();
        assert_eq!(
            folded,
            ["the", "car's", "starter", "motor", "2", "of", "em"]
        );
        assert_eq!(&text[found[1].span.clone()], "car’s");
        let term = Term::new("Starter-Motor").expect("words");
        let at = (0..found.len()).find(|at| term.begins(&found[*at..]));
        assert_eq!(at, Some(2));
        assert_eq!(Term::new(" *!"), None);
        assert_eq!(normalized("It’s  *Fine*!"), "it's fine");
    }
}
