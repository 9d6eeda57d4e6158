//! Lists: `[2, 3]`, `(a, b)`, "2, 3 and 5".

use std::ops::Range;

/// The items of the last bracketed list of a text; `marked` texts may do without brackets. Items
/// are without the quotes around them.
pub(super) fn find(text: &str, marked: bool) -> Option<(Vec<String>, Range<usize>)> {
    let bracketed = last_brackets(text, '[', ']').or_else(|| {
        let curly = || last_brackets(text, '{', '}');
        if marked {
            last_brackets(text, '(', ')').or_else(curly)
        } else {
            None
        }
    });
    if let Some(span) = bracketed {
        return Some((items(&text[span.start + 1..span.end - 1]), span));
    }
    let bare = text.trim().trim_end_matches('.');
    let several = marked && (bare.contains(',') || bare.contains(" and "));
    let start = text.len() - text.trim_start().len();
    several.then(|| (items(bare), start..start + bare.len()))
}

fn last_brackets(text: &str, open: char, close: char) -> Option<Range<usize>> {
    let end = text.rfind(close)?;
    let mut depth = 0usize;
    for (at, c) in text[..=end].char_indices().rev() {
        if c == close {
            depth += 1;
        } else if c == open {
            depth -= 1;
            if depth == 0 {
                return Some(at..end + 1);
            }
        }
    }
    None
}

/// The items of what is between brackets.
pub(super) fn items(inside: &str) -> Vec<String> {
    let joined = inside.replace(", and ", ", ").replace(" and ", ", ");
    let items = joined.split(',').map(|item| {
        let unquoted = item
            .trim()
            .trim_matches(['"', '\'', '`', '“', '”', '‘', '’', '*', '$']);
        unquoted.trim().to_owned()
    });
    items.filter(|item| !item.is_empty()).collect()
}
