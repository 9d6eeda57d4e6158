//! Leaves out what a model wrote for itself.

use std::borrow::Cow;

use memchr::memmem;

const TAGS: [(&str, &str); 2] = [("<think>", "</think>"), ("<thinking>", "</thinking>")];

/// The text without its blocks of reasoning, `<think>…</think>` and `<thinking>…</thinking>`.
///
/// A block that is never closed goes to the end of the text. An end without a beginning closes a
/// block that the chat template opened: everything before it is left out. Text without such tags
/// is borrowed.
pub fn without_reasoning(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for (open, close) in TAGS {
        if memmem::find(text.as_bytes(), &open.as_bytes()[..6]).is_some()
            || memmem::find(text.as_bytes(), &close.as_bytes()[..7]).is_some()
        {
            text = Cow::Owned(without_blocks(&text, open, close));
        }
    }
    text
}

fn without_blocks(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    if let Some(end) = rest.find(close)
        && rest.find(open).is_none_or(|start| end < start)
    {
        rest = &rest[end + close.len()..];
    }
    while let Some((before, block)) = rest.split_once(open) {
        kept.push_str(before);
        rest = block.split_once(close).map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_left_out() {
        for (text, expected) in [
            ("no block, 1 < 2", "no block, 1 < 2"),
            ("<think>hm</think>Yes.", "Yes."),
            ("A<think>x</think>B<think>y</think>C", "ABC"),
            ("<thinking>hm</thinking>Yes.", "Yes."),
            ("A<think>never closed", "A"),
            ("the template opened it</think>Yes.", "Yes."),
            ("<think></think>", ""),
        ] {
            assert_eq!(without_reasoning(text), expected, "{text:?}");
        }
    }
}
