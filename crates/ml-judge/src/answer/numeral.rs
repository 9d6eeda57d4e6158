//! Numbers in English words.

use std::ops::Range;

use super::number::{Number, Role, word_end};

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const LARGE: [(&str, u64); 4] = [
    ("hundred", 100),
    ("thousand", 1_000),
    ("million", 1_000_000),
    ("billion", 1_000_000_000),
];
/// More words make no number that is written so.
const MOST_WORDS: usize = 16;

enum Part {
    Small(u64),
    Tens(u64),
    Large(u64),
}

/// The number that begins with a word of the text: "twenty-one", "three hundred and five".
pub(super) fn read(text: &str, first: Range<usize>) -> Option<Number> {
    let (mut total, mut group) = (0u64, 0u64);
    let mut end = first.end;
    let mut next = Some(first.clone());
    let mut last = None;
    for _ in 0..MOST_WORDS {
        let Some(word) = next.clone() else { break };
        let Some(part) = part(&text[word.clone()]) else {
            break;
        };
        match (part, &last) {
            (Part::Small(value), None | Some(Part::Large(_))) => group += value,
            (Part::Small(value), Some(Part::Tens(_))) if (1..10).contains(&value) => group += value,
            (Part::Tens(value), None | Some(Part::Large(_))) => group += value,
            (Part::Large(100), Some(_)) if group < 100 => group *= 100,
            (Part::Large(scale), Some(_)) if scale > 100 => {
                total = total.checked_add(group.checked_mul(scale)?)?;
                group = 0;
            }
            _ => break,
        }
        last = self::part(&text[word.clone()]);
        end = word.end;
        next = following(text, end);
    }
    last.as_ref()?;
    let value = total + group;
    let role = if value == 1 {
        one(text, end)
    } else {
        Role::Value
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "far below 2^53 in what is written in words"
    )]
    let value = value as f64;
    Some(Number {
        value,
        percent: text[end..].trim_start().starts_with("percent"),
        decimals: 0,
        fraction: false,
        role,
        span: first.start..end,
    })
}

fn part(word: &str) -> Option<Part> {
    // The longest of the words is "seventeen".
    if word.len() > 9 {
        return None;
    }
    let is = |name: &str| name.eq_ignore_ascii_case(word);
    let small = (0..).zip(SMALL).find(|(_, name)| is(name));
    let tens = (2..).zip(TENS).find(|(_, name)| is(name));
    let large = LARGE.iter().find(|(name, _)| is(name));
    small
        .map(|(value, _)| Part::Small(value))
        .or_else(|| tens.map(|(value, _)| Part::Tens(value * 10)))
        .or_else(|| large.map(|(_, scale)| Part::Large(*scale)))
}

/// The next word after a hyphen, a space or "and".
fn following(text: &str, end: usize) -> Option<Range<usize>> {
    let rest = text[end..].strip_prefix([' ', '-'])?;
    let rest = rest.strip_prefix("and ").unwrap_or(rest);
    let start = text.len() - rest.len();
    let stop = word_end(text, start);
    (stop > start).then_some(start..stop)
}

/// "one" is rarely a value unless a sentence ends with it.
fn one(text: &str, end: usize) -> Role {
    let ends = text[end..].trim_start_matches(['*', '_', '"', '”', '}', ')']);
    match ends.chars().next() {
        None | Some('.' | '!' | '\n') => Role::Value,
        _ => Role::Pronoun,
    }
}
