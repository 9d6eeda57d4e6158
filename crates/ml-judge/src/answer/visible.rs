//! What a response shows: all of it but the thinking.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;

/// The tags that enclose thinking, without brackets.
const TAGS: [&str; 2] = ["think", "thinking"];

/// A response without its thinking, which knows where its parts come from.
#[derive(Debug, Clone)]
pub(super) struct Visible<'a> {
    pub(super) text: Cow<'a, str>,
    /// Ranges of the response; their texts one after the other are `text`.
    pieces: Vec<Range<usize>>,
}

impl<'a> Visible<'a> {
    /// The last `limit` bytes that a response shows, or a little more.
    pub(super) fn of(response: &'a str, limit: usize) -> Self {
        let pieces = shown(response, limit);
        let text = match pieces.as_slice() {
            [] => Cow::Borrowed(""),
            [only] => Cow::Borrowed(&response[only.clone()]),
            several => {
                let texts = several.iter().map(|piece| &response[piece.clone()]);
                Cow::Owned(texts.collect())
            }
        };
        Self { text, pieces }
    }

    /// Where in the response a range of the text lies.
    pub(super) fn original(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.position(range.start);
        if range.is_empty() {
            return start..start;
        }
        start..self.position(range.end - 1) + 1
    }

    fn position(&self, mut offset: usize) -> usize {
        for piece in &self.pieces {
            if offset < piece.len() {
                return piece.start + offset;
            }
            offset -= piece.len();
        }
        self.pieces.last().map_or(0, |piece| piece.end)
    }
}

/// The ranges outside of thinking, the last `limit` bytes of them. Thinking that is never closed
/// hides all that follows; a closing tag without an opening one, as models write whose template
/// opens the block, hides all before it.
fn shown(response: &str, limit: usize) -> Vec<Range<usize>> {
    let mut tail = Tail::new(limit);
    let (mut start, mut at, mut thinking) = (0, 0, false);
    while let Some(found) = response[at..].find('<') {
        at += found;
        let Some((end, closes)) = tag(&response[at..]) else {
            at += 1;
            continue;
        };
        match (closes, thinking) {
            (true, true) => start = at + end,
            (true, false) => {
                tail = Tail::new(limit);
                start = at + end;
            }
            (false, false) => tail.push(start..at),
            (false, true) => {}
        }
        thinking = !closes;
        at += end;
    }
    if !thinking {
        tail.push(start..response.len());
    }
    tail.cut(response)
}

/// The length of the tag that the text begins with, and whether it closes.
fn tag(text: &str) -> Option<(usize, bool)> {
    let rest = text.strip_prefix('<')?;
    let (rest, closes) = match rest.strip_prefix('/') {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let name = TAGS.iter().find(|name| {
        let bytes = rest.as_bytes();
        bytes.get(name.len()) == Some(&b'>')
            && bytes[..name.len()].eq_ignore_ascii_case(name.as_bytes())
    })?;
    Some((text.len() - rest.len() + name.len() + 1, closes))
}

/// The last pieces, as many as are needed for the limit.
struct Tail {
    pieces: VecDeque<Range<usize>>,
    length: usize,
    limit: usize,
}

impl Tail {
    fn new(limit: usize) -> Self {
        Self {
            pieces: VecDeque::new(),
            length: 0,
            limit,
        }
    }

    fn push(&mut self, piece: Range<usize>) {
        if piece.is_empty() {
            return;
        }
        self.length += piece.len();
        self.pieces.push_back(piece);
        while let Some(first) = self.pieces.front()
            && self.length - first.len() >= self.limit
        {
            self.length -= first.len();
            self.pieces.pop_front();
        }
    }

    fn cut(mut self, response: &str) -> Vec<Range<usize>> {
        let too_many = self.length.saturating_sub(self.limit);
        if let Some(first) = self.pieces.front_mut() {
            first.start = response.floor_char_boundary(first.start + too_many);
        }
        self.pieces.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(response: &str, shown: &str) {
        let visible = Visible::of(response, usize::MAX);
        assert_eq!(visible.text, shown);
        for (at, c) in visible.text.char_indices() {
            let range = visible.original(&(at..at + c.len_utf8()));
            assert_eq!(response[range].chars().next(), Some(c), "at {at}");
        }
    }

    #[test]
    fn thinking_is_not_shown() {
        check("", "");
        check("plain <b>text</b>", "plain <b>text</b>");
        check(
            "<think>4 or 5?</think>The answer is 42.",
            "The answer is 42.",
        );
        check(
            "Hello <think>a</think> é <THINK>b</THINK>world",
            "Hello  é world",
        );
        check("<think>a <think> b</think> c</think>d", "d");
        check("the template opened it</think>7", "7");
    }

    #[test]
    fn thinking_that_is_not_closed_hides_what_follows() {
        check("<think>it must be 5, no, 6", "");
        check("Well. <think>it must be 5", "Well. ");
    }

    #[test]
    fn only_the_end_of_a_long_response_is_kept() {
        let response = "é<think>x</think>".repeat(1000);
        let visible = Visible::of(&response, 7);
        assert_eq!(visible.text, "é".repeat(4));
        assert_eq!(visible.pieces.len(), 4);
        assert_eq!(Visible::of("ééé", 3).text, "éé");
    }
}
