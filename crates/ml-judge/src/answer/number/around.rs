//! What stands around a number: sign, currency, scale, percent, unit.

use std::ops::Range;

use super::{Number, Role, word_end};

/// Words after which a number is a name.
const LABELLED: [&str; 12] = [
    "step", "part", "case", "method", "example", "line", "equation", "figure", "table", "question",
    "problem", "chapter",
];
const SCALES: [(&str, f64); 4] = [
    ("thousand", 1e3),
    ("million", 1e6),
    ("billion", 1e9),
    ("trillion", 1e12),
];

/// Reads what stands around a number: sign, currency, scale, percent, and what it stands for.
pub(super) fn finish(number: &mut Number, text: &str, at: usize, word: &Range<usize>) {
    let (start, negative) = sign(text, at, word);
    number.span.start = start;
    let mut end = number.span.end;
    for (name, factor) in SCALES {
        if let Some(rest) = text[end..].strip_prefix(' ')
            && rest
                .get(..name.len())
                .is_some_and(|word| word.eq_ignore_ascii_case(name))
        {
            number.value *= factor;
            number.decimals = 0;
            end += 1 + name.len();
        }
    }
    number.value = if negative {
        -number.value
    } else {
        number.value
    };
    let after = text[end..].trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    let sign = after.strip_prefix('\\').unwrap_or(after);
    let percent = ["%", "percent", "per cent"];
    if let Some(rest) = percent
        .iter()
        .find_map(|sign_or_word| sign.strip_prefix(sign_or_word))
    {
        number.percent = true;
        end = text.len() - rest.len();
    }
    number.span.end = end;
    number.role = role(text, &number.span, &text[word.clone()]);
}

fn role(text: &str, span: &Range<usize>, word: &str) -> Role {
    if LABELLED
        .iter()
        .any(|label| word.eq_ignore_ascii_case(label))
        || opens_item(text, span)
    {
        return Role::Label;
    }
    match &text[span.end..word_end(text, span.end)] {
        "st" | "nd" | "rd" | "th" => Role::Ordinal,
        "x" | "y" | "z" | "n" => Role::Coefficient,
        _ => Role::Value,
    }
}

/// Whether a number is the `3.` or `3)` of an item.
fn opens_item(text: &str, span: &Range<usize>) -> bool {
    let line = text[..span.start]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let marked = text[span.end..].strip_prefix(['.', ')']);
    text[line..span.start].chars().all(|c| " \t>#*".contains(c))
        && marked.is_some_and(|rest| {
            let rest = rest.trim_start_matches('*');
            rest.starts_with(' ') && !rest.lines().next().unwrap_or_default().trim().is_empty()
        })
}

/// Where the number begins with its sign and currency, and whether it is negative.
fn sign(text: &str, at: usize, word: &Range<usize>) -> (usize, bool) {
    let unsigned = text[..at].trim_end_matches(['$', '€', '£', '¥', '\\', '~', '*', '`']);
    let spaced = unsigned.trim_end_matches(' ');
    let currency = text[..at].trim_end_matches(['$', '€', '£', '¥']).len();
    let Some(minus) = spaced.chars().next_back().filter(|c| is_minus(*c)) else {
        let said = &text[word.clone()];
        let binary = text[..word.start]
            .trim_end()
            .ends_with(|c: char| c.is_ascii_digit());
        let negative = said.eq_ignore_ascii_case("negative")
            || (said.eq_ignore_ascii_case("minus") && !binary);
        return (currency, negative);
    };
    let before = &spaced[..spaced.len() - minus.len_utf8()];
    let apart = spaced.len() < unsigned.len();
    let previous = before.trim_end_matches(' ').chars().next_back();
    let negative = match previous {
        None | Some('\n') => !apart,
        Some(c) if c.is_alphabetic() => {
            let letters = before.trim_end_matches(' ').chars().rev();
            !apart && before.ends_with(' ') && letters.take_while(|c| c.is_alphabetic()).count() > 1
        }
        Some(c) => !c.is_numeric() && !")]}%!²³".contains(c) && !is_minus(c),
    };
    if negative {
        (before.len(), true)
    } else {
        (currency, false)
    }
}

fn is_minus(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2212}' | '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}'
    )
}
