//! Which words of two texts differ.

use std::fmt::{self, Write as _};

use super::escape::Text;

/// The most words of either text, beginnings and ends that are alike left aside, that are looked
/// through for what is common.
const MAX_WORDS: usize = 1_500;

/// A text in pieces, each with whether the other text lacks it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pieces<'a>(Vec<(bool, &'a str)>);

impl fmt::Display for Pieces<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut marked = false;
        for (differs, piece) in &self.0 {
            if *differs != marked {
                f.write_str(if *differs { "<mark>" } else { "</mark>" })?;
                marked = *differs;
            }
            write!(f, "{}", Text(piece))?;
        }
        if marked {
            f.write_str("</mark>")?;
        }
        f.write_char('\n')
    }
}

/// Both texts, with the words that are not part of a longest common subsequence marked. The middle
/// of texts that are long and differ from early on is marked as a whole.
pub(super) fn compared<'a>(first: &'a str, second: &'a str) -> (Pieces<'a>, Pieces<'a>) {
    let (first, second) = (words(first), words(second));
    let before = common(first.iter(), second.iter());
    let (one, other) = (&first[before..], &second[before..]);
    let after = common(one.iter().rev(), other.iter().rev());
    let one = &one[..one.len() - after];
    let other = &other[..other.len() - after];
    let (in_one, in_other) = shared(one, other);
    (
        pieces(&first, before, &in_one),
        pieces(&second, before, &in_other),
    )
}

/// Words with the white space after them.
fn words(text: &str) -> Vec<&str> {
    text.split_inclusive(char::is_whitespace).collect()
}

fn common<'a>(
    first: impl Iterator<Item = &'a &'a str>,
    second: impl Iterator<Item = &'a &'a str>,
) -> usize {
    first.zip(second).take_while(|(a, b)| a == b).count()
}

fn pieces<'a>(words: &[&'a str], before: usize, shared: &[bool]) -> Pieces<'a> {
    let differs = |at: usize| {
        let at = at.checked_sub(before);
        at.and_then(|at| shared.get(at))
            .is_some_and(|shared| !shared)
    };
    let piece = |(at, word): (usize, &&'a str)| (differs(at), *word);
    Pieces(words.iter().enumerate().map(piece).collect())
}

/// Which words of each list are in their longest common subsequence.
fn shared(first: &[&str], second: &[&str]) -> (Vec<bool>, Vec<bool>) {
    let (mut in_first, mut in_second) = (vec![false; first.len()], vec![false; second.len()]);
    if first.len() > MAX_WORDS || second.len() > MAX_WORDS {
        return (in_first, in_second);
    }
    let width = second.len() + 1;
    // The length of the longest one of what begins at each pair of words.
    let mut longest = vec![0_u16; (first.len() + 1) * width];
    for i in (0..first.len()).rev() {
        for j in (0..second.len()).rev() {
            longest[i * width + j] = if first[i] == second[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < first.len() && j < second.len() {
        if first[i] == second[j] {
            (in_first[i], in_second[j]) = (true, true);
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    (in_first, in_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(first: &str, second: &str, marked: [&str; 2]) {
        let (one, other) = compared(first, second);
        assert_eq!(
            [one.to_string().trim_end(), other.to_string().trim_end()],
            marked
        );
    }

    #[test]
    fn words_that_the_other_text_lacks_are_marked() {
        check("a b c", "a b c", ["a b c", "a b c"]);
        check(
            "a b c",
            "a x c",
            ["a <mark>b </mark>c", "a <mark>x </mark>c"],
        );
        check("", "new", ["", "<mark>new</mark>"]);
        check(
            "a b c d",
            "b d",
            ["<mark>a </mark>b <mark>c </mark>d", "b d"],
        );
        check(
            "<b> x",
            "<i> x",
            ["<mark>&lt;b&gt; </mark>x", "<mark>&lt;i&gt; </mark>x"],
        );
    }

    #[test]
    fn long_texts_take_bounded_work() {
        let (first, second) = ("a b ".repeat(100_000), "b a ".repeat(100_000));
        let (one, _) = compared(&first, &second);
        assert!(one.0.iter().any(|(differs, _)| *differs));
    }
}
