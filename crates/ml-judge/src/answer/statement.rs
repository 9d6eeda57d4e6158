//! A text as the statements it consists of: its lines, and the sentences of each.

use std::ops::Range;

/// Words whose full stop ends no sentence, without it.
const ABBREVIATIONS: [&str; 8] = ["e.g", "i.e", "approx", "vs", "ca", "Mr", "Mrs", "Dr"];

/// The statements of a text in order, without the spaces around them; none is without letters and
/// digits.
pub(super) fn statements(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let ends = match c {
            '\n' => true,
            '!' | '?' | '。' => true,
            '.' => ends_sentence(&text[start..at], next),
            _ => false,
        };
        if ends {
            // Closing quotes, brackets and marks belong to the sentence.
            let mut end = at + c.len_utf8();
            while c != '\n'
                && let Some((at, close)) = chars.next_if(|(_, c)| "\"'”’)]*_`".contains(*c))
            {
                end = at + close.len_utf8();
            }
            push(&mut found, text, start..end);
            start = end;
        }
    }
    push(&mut found, text, start..text.len());
    found
}

fn ends_sentence(before: &str, next: Option<char>) -> bool {
    let spaced = next.is_none_or(|c| c.is_whitespace() || "\"'”’)]*_`".contains(c));
    // `3.` before an item of a list.
    let numbered = before.trim_matches(|c: char| " \t>#*_".contains(c));
    let item = numbered.len() <= 3 && numbered.bytes().all(|b| b.is_ascii_digit());
    let abbreviated = ABBREVIATIONS.iter().any(|short| {
        let rest = before.strip_suffix(short);
        rest.is_some_and(|rest| !rest.ends_with(char::is_alphanumeric))
    });
    spaced && !abbreviated && !(item && next == Some(' '))
}

fn push(found: &mut Vec<Range<usize>>, text: &str, range: Range<usize>) {
    let piece = &text[range.clone()];
    let trimmed = piece.trim();
    if trimmed.contains(char::is_alphanumeric) {
        let start = range.start + (piece.len() - piece.trim_start().len());
        found.push(start..start + trimmed.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = statements(text)
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn sentences_end_where_people_end_them() {
        check("", &[]);
        check(
            "It costs $1.25. Is it 3.5? Yes!",
            &["It costs $1.25.", "Is it 3.5?", "Yes!"],
        );
        check(
            "**Done.** Next, e.g. this one",
            &["**Done.**", "Next, e.g. this one"],
        );
        check("1. Add 3.\n2. Take 4.", &["1. Add 3.", "2. Take 4."]);
        check("Wait... what\n\n---\n42.", &["Wait...", "what", "42."]);
        check("(It is 7.) So 7.", &["(It is 7.)", "So 7."]);
    }
}
