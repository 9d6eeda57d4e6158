//! What the lines of a text are: prose, or the parts of a Markdown document.

use memchr::memchr;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// Running text or verse.
    Prose,
    /// Nothing, or a rule such as `---`.
    Blank,
    /// A heading, `# …`.
    Heading,
    /// An item of a list, `- …`, `1. …`.
    Item,
    /// A row of a table, `| … |`.
    Table,
    /// A fence of a code block, or a line within it.
    Code,
}

/// A line without its marker and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// What it is.
    pub(crate) kind: LineKind,
    /// The text after the marker, trimmed.
    pub(crate) text: &'a str,
    /// Byte offset of that text in the whole.
    pub(crate) start: usize,
}

/// The lines of a text, ended by LF or CRLF. A code block that is never closed goes to the end.
#[derive(Debug, Clone)]
pub(crate) struct Lines<'a> {
    whole: &'a str,
    /// Where the next line begins; past the end once there is none.
    at: usize,
    fence: Option<&'static str>,
}

impl<'a> Lines<'a> {
    /// The lines of a text.
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            whole: text,
            at: 0,
            fence: None,
        }
    }

    fn classify(&mut self, text: &'a str) -> (LineKind, &'a str) {
        if let Some(fence) = self.fence {
            if text.starts_with(fence) {
                self.fence = None;
            }
            return (LineKind::Code, text);
        }
        let Some(&first) = text.as_bytes().first() else {
            return (LineKind::Blank, text);
        };
        let marked = match first {
            b'a'..=b'z' | b'A'..=b'Z' => None,
            b'`' | b'~' => self.opened(text).then_some((LineKind::Code, text)),
            b'#' => heading(text).map(|text| (LineKind::Heading, text)),
            b'|' => Some((LineKind::Table, text)),
            _ if is_rule(text) => Some((LineKind::Blank, text)),
            _ => item(text).map(|text| (LineKind::Item, text)),
        };
        marked.unwrap_or((LineKind::Prose, text))
    }

    /// Whether the line opens a code block; it may close it too.
    fn opened(&mut self, text: &str) -> bool {
        let fence = ["```", "~~~"].into_iter().find(|f| text.starts_with(f));
        self.fence = fence.filter(|fence| !text[3..].contains(fence));
        fence.is_some()
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.whole.get(self.at..)?;
        let end = memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let trimmed = rest[..end].trim_start();
        let indent = end - trimmed.len();
        let line = trimmed.trim_end();
        let (kind, text) = self.classify(line);
        let start = self.at + indent + (line.len() - text.len());
        self.at += end + 1;
        Some(Line { kind, text, start })
    }
}

fn heading(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches('#');
    (text.len() - rest.len() <= 6 && rest.starts_with(' ')).then(|| rest.trim_start())
}

/// Whether the line is a rule: three or more of `-`, `*`, `_` or `=` and nothing else.
fn is_rule(text: &str) -> bool {
    let first = text.as_bytes()[0];
    matches!(first, b'-' | b'*' | b'_' | b'=')
        && text.len() >= 3
        && text.bytes().all(|byte| byte == first || byte == b' ')
}

/// The text of a list's item: after a bullet, or after a number or a bracketed letter.
fn item(text: &str) -> Option<&str> {
    let rest = text
        .strip_prefix(['-', '*', '+', '•', '–', '—', '·', '‣', '◦'])
        .or_else(|| numbered(text))?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| rest.trim_start())
}

fn numbered(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if matches!(text.len() - rest.len(), 1..=3) {
        return rest.strip_prefix(['.', ')', ':']);
    }
    let inner = text.strip_prefix('(')?;
    inner.get(1..)?.strip_prefix(')')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        use LineKind::{Blank, Code, Heading, Item, Prose, Table};
        for (text, kind, content) in [
            ("Running text.", Prose, "Running text."),
            ("  ", Blank, ""),
            ("---", Blank, "---"),
            ("## Heads up", Heading, "Heads up"),
            ("#hashtag", Prose, "#hashtag"),
            ("- milk", Item, "milk"),
            ("-5 degrees", Prose, "-5 degrees"),
            ("12) eggs", Item, "eggs"),
            ("(b) eggs", Item, "eggs"),
            ("1984. was a year", Prose, "1984. was a year"),
            ("| a | b |", Table, "| a | b |"),
            ("```rust", Code, "```rust"),
            ("**bold** start", Prose, "**bold** start"),
        ] {
            let lines: Vec<_> = Lines::new(text)
                .map(|line| (line.kind, line.text))
                .collect();
            assert_eq!(lines, [(kind, content)]);
        }
    }

    #[test]
    fn lines_know_where_they_are() {
        let text = "one\r\n  - żółw  \n\n# end";
        let lines: Vec<_> = Lines::new(text).collect();
        assert_eq!(lines.len(), 4);
        for line in lines {
            assert!(text[line.start..].starts_with(line.text), "{line:?}");
        }
    }

    #[test]
    fn code_lasts_until_its_fence() {
        use LineKind::{Code, Prose};
        let kinds = |text| Lines::new(text).map(|line| line.kind).collect::<Vec<_>>();
        assert_eq!(
            kinds("a\r\n```\r\n# x\r\n```\r\nb"),
            [Prose, Code, Code, Code, Prose]
        );
        assert_eq!(kinds("```\nfor\never"), [Code, Code, Code]);
        assert_eq!(kinds("```x```\na"), [Code, Prose]);
    }
}
