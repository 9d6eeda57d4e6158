//! The sentences of a text.

use super::token::{is_closer, is_quote};
use super::{LineKind, Lines, Token, Tokens};

/// A sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sentence<'a> {
    /// The sentence as it stands in the text.
    pub(crate) text: &'a str,
    /// What the line is that it begins on: never blank, never code.
    pub(crate) kind: LineKind,
    /// Whether it begins within a quotation that an earlier sentence of the paragraph opened.
    pub(crate) quoted: bool,
}

/// The sentences of a text that hold a word, in order, each with the quotation marks around it.
///
/// They end where [`Tokens`] says, and with blank lines, headings, items of lists and rows of
/// tables; line ends within a paragraph end none. Code blocks have none.
pub(crate) fn sentences(text: &str) -> Vec<Sentence<'_>> {
    let mut found = Vec::new();
    let mut paragraph = 0..0;
    for line in Lines::new(text) {
        if line.kind == LineKind::Prose && !paragraph.is_empty() {
            paragraph.end = line.start + line.text.len();
            continue;
        }
        split(
            &text[std::mem::take(&mut paragraph)],
            LineKind::Prose,
            &mut found,
        );
        match line.kind {
            LineKind::Prose => paragraph = line.start..line.start + line.text.len(),
            LineKind::Blank | LineKind::Code => {}
            kind => split(line.text, kind, &mut found),
        }
    }
    split(&text[paragraph], LineKind::Prose, &mut found);
    found
}

fn split<'a>(block: &'a str, kind: LineKind, found: &mut Vec<Sentence<'a>>) {
    let mut tokens = Tokens::new(block);
    let (mut start, mut any_word) = (None, false);
    let (mut inside, mut quoted) = (false, false);
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) => {
                start.get_or_insert(word.start);
                any_word = true;
            }
            Token::Quote => {
                let end = tokens.offset();
                let mark = block[..end].chars().next_back().map_or(0, char::len_utf8);
                start.get_or_insert(end - mark);
                inside = !inside;
            }
            Token::End if any_word => {
                let text = block[start.unwrap_or(0)..tokens.offset()].trim();
                found.push(Sentence { text, kind, quoted });
                let closers = text.chars().rev().take_while(|&c| is_closer(c));
                inside ^= closers.filter(|&c| is_quote(c)).count() % 2 == 1;
                (start, any_word, quoted) = (None, false, inside);
            }
            Token::End | Token::Break => {}
        }
    }
    if any_word {
        let text = block[start.unwrap_or(0)..].trim();
        found.push(Sentence { text, kind, quoted });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_goes_on_over_sentences_but_not_over_paragraphs() {
        let text = "He said: \"No. Never. Out!\" I left.\n\nAll \"open.\n\nEnd.";
        let found: Vec<_> = sentences(text).iter().map(|s| (s.text, s.quoted)).collect();
        let expected = [
            ("He said: \"No.", false),
            ("Never.", true),
            ("Out!\"", true),
            ("I left.", false),
            ("All \"open.", false),
            ("End.", false),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn sentences_end_at_stops_and_lines() {
        let text = "# Heading\nOne\r\nis 1.5. “Two!” \n\n- item\n```\ncode. code.\n```\nlast";
        let found: Vec<_> = sentences(text).iter().map(|s| s.text).collect();
        assert_eq!(
            found,
            ["Heading", "One\r\nis 1.5.", "“Two!”", "item", "last"]
        );
    }
}
