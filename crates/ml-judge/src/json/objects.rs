//! Every complete object of a text.

use std::ops::Range;

use serde_json::{Map, Value};

use super::parser::Parser;

/// How many times the text's length may go into attempts that fail and are then tried again one
/// character further. It bounds the time on hostile text; what a model writes needs less than 2.
const ALLOWANCE: usize = 4;

/// A complete object and where it stands.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Object {
    /// Its members; the last of several with one name.
    pub members: Map<String, Value>,
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
}

/// Finds the complete JSON objects of a text, in order: in prose, in fences, one after another.
/// Those within another object come as its members, not again.
///
/// It is lenient: a comma may stand before a closing bracket, a line break within a string.
/// Braces within strings and braces of prose are told from objects. Objects deeper than 64 levels
/// are passed over. Time is linear in the text's length whatever the text is.
///
/// ```
/// use ml_judge::json::objects;
///
/// let text = r#"I use {braces} sparingly: ```json {"note": "a } here", "clarity": 7.5,} ```"#;
/// let found: Vec<_> = objects(text).collect();
/// assert_eq!(found.len(), 1);
/// assert_eq!(found[0].members["clarity"], 7.5);
/// ```
pub fn objects(text: &str) -> Objects<'_> {
    Objects {
        text,
        at: 0,
        failed: 0,
    }
}

/// Iterator of [`objects`].
#[derive(Debug, Clone)]
pub struct Objects<'a> {
    text: &'a str,
    at: usize,
    /// Bytes that failed attempts read.
    failed: usize,
}

impl Iterator for Objects<'_> {
    type Item = Object;

    fn next(&mut self) -> Option<Object> {
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let start = self.at + rest.iter().position(|byte| *byte == b'{')?;
            let mut parser = Parser::new(self.text, start);
            if let Some(members) = parser.object() {
                self.at = parser.at;
                let range = start..parser.at;
                return Some(Object { members, range });
            }
            self.failed += parser.at - start;
            let exhausted = self.failed > ALLOWANCE * self.text.len();
            self.at = if exhausted { parser.at } else { start + 1 };
        }
    }
}

#[cfg(test)]
mod tests;
