//! Lists: `[2, 3]`, `(a, b)`, "2, 3 and 5".

use std::ops::Range;

/// The items of a list: of a `marked` text of the first one in brackets, which may be round or
/// missing, of others of the last one in square brackets. Items are without the quotes around them.
pub(super) fn find(text: &str, marked: bool) -> Option<(Vec<String>, Range<usize>)> {
    let square = brackets(text, '[', ']');
    let bracketed = if marked {
        let other = |open, close| brackets(text, open, close).into_iter().next();
        let first = square.into_iter().next();
        first
            .or_else(|| other('(', ')'))
            .or_else(|| other('{', '}'))
    } else {
        square.into_iter().next_back()
    };
    if let Some(span) = bracketed {
        return Some((items(&text[span.start + 1..span.end - 1]), span));
    }
    let bare = text.trim().trim_end_matches('.');
    let several = marked && (bare.contains(',') || bare.contains(" and "));
    let start = text.len() - text.trim_start().len();
    several.then(|| (items(bare), start..start + bare.len()))
}

/// The outermost pairs of brackets, but those of indices: `x[1:3]`.
fn brackets(text: &str, open: char, close: char) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut opened = Vec::new();
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        if c == open {
            opened.push((at, previous.is_alphanumeric() || "_)]".contains(previous)));
        } else if c == close
            && let Some((start, index)) = opened.pop()
            && opened.is_empty()
            && !index
        {
            found.push(start..at + c.len_utf8());
        }
        previous = c;
    }
    found
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
