//! Reasoning and answer told apart in text that arrives in pieces.

use crate::needle::Needle;

/// A stretch of model output on one side of the think tags; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThinkPart {
    /// Text inside a think block.
    Reasoning(String),
    /// Text outside of think blocks.
    Answer(String),
}

/// Splits text at think tags, `<think>` and `</think>` unless told otherwise.
///
/// The tags themselves are removed, everything else is kept as it is, white space included. A tag
/// may be divided over any number of pieces; the parts, joined by kind, do not depend on how. A
/// block that is never closed is reasoning to the end. There may be several blocks; an opening tag
/// inside a block and a closing tag outside of one are ordinary text.
///
/// ```
/// use inference_core::{ThinkPart, ThinkSplitter};
///
/// let mut splitter = ThinkSplitter::new();
/// assert_eq!(splitter.push("<thi"), []);
/// assert_eq!(splitter.push("nk>2 + 2"), [ThinkPart::Reasoning("2 + 2".into())]);
/// assert_eq!(splitter.push("</think>4"), [ThinkPart::Answer("4".into())]);
/// assert_eq!(splitter.finish(), None);
/// ```
#[derive(Debug, Clone)]
pub struct ThinkSplitter {
    open: Needle,
    close: Needle,
    inside: bool,
    /// The start of a tag that is not complete yet.
    held: String,
}

impl ThinkSplitter {
    /// A splitter for `<think>…</think>`.
    pub fn new() -> Self {
        Self::with_tags("<think>", "</think>")
    }

    /// A splitter for other tags. An empty tag is never found.
    pub fn with_tags(open: &str, close: &str) -> Self {
        Self {
            open: Needle::new(open),
            close: Needle::new(close),
            inside: false,
            held: String::new(),
        }
    }

    /// Starts inside a block, for chat templates that have opened it in the prompt.
    ///
    /// To be called before the first piece.
    #[must_use]
    pub fn start_inside(mut self) -> Self {
        self.inside = true;
        self
    }

    /// Takes the next piece and gives the parts that are certain, in order.
    ///
    /// Only what may still become a tag is held back: fewer bytes than the longer tag has.
    pub fn push(&mut self, piece: &str) -> Vec<ThinkPart> {
        let mut parts = Vec::new();
        let mut start = 0;
        let old = self.held.len();
        self.held.push_str(piece);
        for (i, &byte) in piece.as_bytes().iter().enumerate() {
            let tag = self.tag();
            if tag.advance(byte) {
                let end = old + i + 1;
                let text_end = end - tag.len();
                tag.reset();
                parts.extend(self.part(start, text_end));
                self.inside = !self.inside;
                start = end;
            }
        }
        let certain = self.held.len() - self.tag().pending();
        parts.extend(self.part(start, certain));
        self.held.drain(..certain);
        parts
    }

    /// The text has ended: gives what was held back, which is no tag after all.
    pub fn finish(self) -> Option<ThinkPart> {
        self.part(0, self.held.len())
    }

    /// Whether the next piece starts inside a block, as far as is certain.
    pub fn is_inside(&self) -> bool {
        self.inside
    }

    fn tag(&mut self) -> &mut Needle {
        if self.inside {
            &mut self.close
        } else {
            &mut self.open
        }
    }

    fn part(&self, start: usize, end: usize) -> Option<ThinkPart> {
        let text = self.held[start..end].to_owned();
        let kind = if self.inside {
            ThinkPart::Reasoning
        } else {
            ThinkPart::Answer
        };
        (!text.is_empty()).then(|| kind(text))
    }
}

impl Default for ThinkSplitter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
