//! Tells verse from lists, tables and prose.

use super::fold::is_mark;
use super::{Line, LineKind, Lines};

/// Lines of verse that make a poem.
const FEWEST: usize = 6;

/// Longest line of verse, in characters: what the predecessor counted as short, in bytes.
const LONGEST: usize = 60;

/// Whether the text is a poem: at least six lines of verse, more than half of its lines, and three
/// words or more a line on average.
///
/// A line of verse is running text of at most 60 characters that is no `label: value`. Headings,
/// items of lists, rows of tables and code are lines, but never verse; blank lines count for
/// nothing.
pub(crate) fn is_verse(text: &str) -> bool {
    let (mut lines, mut verse, mut spaces) = (0, 0, 0);
    for line in Lines::new(text).filter(|line| line.kind != LineKind::Blank) {
        lines += 1;
        if is_line_of_verse(line) {
            verse += 1;
            spaces += line.text.bytes().filter(|&byte| byte == b' ').count();
        }
    }
    verse >= FEWEST && 2 * verse > lines && spaces >= 2 * verse
}

fn is_line_of_verse(line: Line<'_>) -> bool {
    let mut chars = line.text.chars().filter(|&c| !is_mark(c));
    let mut short = || line.text.len() <= LONGEST || chars.nth(LONGEST).is_none();
    line.kind == LineKind::Prose && short() && !is_label(line.text)
}

/// Whether the line begins with a label: one to three words and a colon, or a number.
fn is_label(text: &str) -> bool {
    let label = text.split_once(':').map(|(label, _)| label);
    text.starts_with(|c: char| c.is_ascii_digit())
        || label.is_some_and(|label| label.split_whitespace().count() <= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verse_is_told_from_what_looks_like_it() {
        let line = "The lamps are lit along the shore,\n";
        for (text, expected) in [
            (line.repeat(6), true),
            (line.repeat(5), false),
            (format!("{0}\n\n{0}", line.repeat(3)), true),
            (format!("- {line}").repeat(9), false),
            (format!("1. {line}").repeat(9), false),
            (format!("| {line}").repeat(9), false),
            (format!("## {line}").repeat(9), false),
            (format!("```\n{}```", line.repeat(9)), false),
            ("milk\neggs\nbread\nsalt\nrice\noats\nbeans\n".into(), false),
            ("Name: what it is called\n".repeat(9), false),
            ("2 cups of sifted flour\n".repeat(9), false),
            (format!("{}\n", "long prose ".repeat(9)).repeat(9), false),
            (
                "Żółw pełznie w żółci źdźbeł, śniąc, że śpią gołębie,\n".repeat(7),
                true,
            ),
        ] {
            assert_eq!(is_verse(&text), expected, "{text}");
        }
    }
}
