//! Judged text between marks that it cannot contain.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Tokens of chat templates without a bar. Some backends take them for what they stand for
/// wherever they occur, and so would end the turn at judged text that has them.
const CONTROL: [&str; 8] = [
    "<s>",
    "</s>",
    "<bos>",
    "<eos>",
    "<start_of_turn>",
    "<end_of_turn>",
    "[INST]",
    "[/INST]",
];

/// A mark that none of the texts contains: 16 hexadecimal digits.
///
/// Without a seed they are random. With one they are a hash of it and the texts: a text that
/// contains the hash of itself takes 2^64 attempts to make, and another is drawn then.
pub(super) fn mark(texts: &[&str], seed: Option<u64>) -> String {
    first_unused(texts, |attempt| match seed {
        Some(seed) => derived(texts, seed, attempt),
        None => format!("{:016x}", RandomState::new().build_hasher().finish()),
    })
}

fn first_unused(texts: &[&str], mut draw: impl FnMut(u64) -> String) -> String {
    let mut attempt = 0;
    loop {
        let mark = draw(attempt);
        if !texts.iter().any(|text| text.contains(&mark)) {
            return mark;
        }
        attempt += 1;
    }
}

fn derived(texts: &[&str], seed: u64, attempt: u64) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(&attempt.to_le_bytes());
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Writes a text between two lines that carry the mark.
pub(super) fn write(into: &mut String, mark: &str, title: &str, text: &str) {
    let text = defused(text);
    write!(
        into,
        "=== {mark} begin: {title} ===\n{text}\n=== {mark} end: {title} ===\n\n"
    )
    .expect("a string takes everything");
}

/// The text with a space in every token of a chat template, such as `<|im_end|>`.
fn defused(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '[']) {
        out.push_str(&rest[..=at]);
        if is_control(&rest[at..]) {
            out.push(' ');
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out
}

/// Whether a text begins with a token of a chat template: one of [`CONTROL`], or a name between
/// angle brackets with a bar inside at least one of them, plain or full-width.
fn is_control(text: &str) -> bool {
    const LONGEST_NAME: usize = 48;
    if CONTROL.iter().any(|token| text.starts_with(token)) {
        return true;
    }
    let Some(inner) = text.strip_prefix('<') else {
        return false;
    };
    let is_bar = |letter: char| matches!(letter, '|' | '｜');
    let name = inner.strip_prefix(is_bar);
    let (opened, inner) = (name.is_some(), name.unwrap_or(inner));
    let is_name = |letter: &char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '▁');
    let length: usize = inner
        .chars()
        .take(LONGEST_NAME)
        .take_while(is_name)
        .map(char::len_utf8)
        .sum();
    let after = &inner[length..];
    let bar = after.strip_prefix(is_bar);
    let closed = bar.is_some();
    length > 0 && (opened || closed) && bar.unwrap_or(after).starts_with('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_mark_is_drawn_where_a_text_contains_the_first() {
        let texts = ["the end is 00 or 01", "02"];
        let mark = first_unused(&texts, |attempt| format!("{attempt:02}"));
        assert_eq!(mark, "03");
    }

    #[test]
    fn marks_are_random_unless_a_seed_fixes_them() {
        let texts = ["a", "b"];
        assert_ne!(mark(&texts, None), mark(&texts, None));
        let fixed = mark(&texts, Some(7));
        assert_eq!(fixed.len(), 16);
        assert_eq!(fixed, mark(&texts, Some(7)));
        for other in [mark(&texts, Some(8)), mark(&["ab", ""], Some(7))] {
            assert_ne!(fixed, other);
        }
    }

    #[test]
    fn tokens_of_chat_templates_are_broken_and_nothing_else() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(defused(text), expected);
        }
        check("a<|im_end|>b", "a< |im_end|>b");
        check("<｜end▁of▁sentence｜>", "< ｜end▁of▁sentence｜>");
        check("<turn|> <|turn>", "< turn|> < |turn>");
        check("</s>[INST] é", "< /s>[ INST] é");
        check("<end_of_turn>", "< end_of_turn>");
        for plain in [
            "a < b",
            "x |> f <| y",
            "<p>one</p>",
            "[1, 2]",
            "<|",
            "<||>",
            "<a|b>",
        ] {
            check(plain, plain);
        }
        check(&"<|".repeat(1000), &"<|".repeat(1000));
    }
}
