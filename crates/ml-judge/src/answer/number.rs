//! The numbers of a text, as models and people write them.

mod around;

use std::ops::Range;

use super::numeral;
use around::finish;

/// A number of a text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Number {
    /// The value as written: 50 of `50%`.
    pub value: f64,
    /// Whether it is followed by `%` or "percent".
    pub percent: bool,
    /// Digits after the decimal point.
    pub decimals: u32,
    /// Whether it is a fraction such as `1/2`.
    pub fraction: bool,
    /// Its bytes in the text, with sign and currency, without unit.
    pub span: Range<usize>,
    pub(super) role: Role,
}

/// What a number stands for in its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A value.
    Value,
    /// A value in words that often is none: "one of them".
    Pronoun,
    /// A place in an order: `5th`.
    Ordinal,
    /// What a variable is multiplied by: `3x`.
    Coefficient,
    /// The name of a part: `Step 2`, `3.` before an item of a list.
    Label,
}

const FRACTIONS: [(char, f64); 15] = [
    ('½', 1.0 / 2.0),
    ('⅓', 1.0 / 3.0),
    ('⅔', 2.0 / 3.0),
    ('¼', 1.0 / 4.0),
    ('¾', 3.0 / 4.0),
    ('⅕', 1.0 / 5.0),
    ('⅖', 2.0 / 5.0),
    ('⅗', 3.0 / 5.0),
    ('⅘', 4.0 / 5.0),
    ('⅙', 1.0 / 6.0),
    ('⅚', 5.0 / 6.0),
    ('⅛', 1.0 / 8.0),
    ('⅜', 3.0 / 8.0),
    ('⅝', 5.0 / 8.0),
    ('⅞', 7.0 / 8.0),
];
const TIMES: [&str; 6] = ["×", "\\times", "\\cdot", "·", "x", "*"];

impl Number {
    /// The number that is all of a text but currency, unit and marks: `$1,234.50`, `-12 km`.
    /// `None` where the text has none or more than one.
    pub fn parse(text: &str) -> Option<Self> {
        match scan(text).as_slice() {
            [only] if text[..only.span.start].trim().is_empty() => Some(only.clone()),
            _ => None,
        }
    }

    /// Whether two numbers say the same: they differ by at most `tolerance`, by default by half a
    /// unit of the last decimal that either shows, where that is the second or a later one, or not
    /// at all (up to the precision of `f64`). Against a number below 1, `50%` is 0.50.
    pub fn agrees(&self, expected: &Self, tolerance: Option<f64>) -> bool {
        let scaled = |number: &Self, by: &Self| {
            if number.percent && !by.percent && by.value.abs() < 1.0 {
                (number.value / 100.0, number.decimals.saturating_add(2))
            } else {
                (number.value, number.decimals)
            }
        };
        let (given, shown) = scaled(self, expected);
        let (wanted, written) = scaled(expected, self);
        let allowed = tolerance.unwrap_or_else(|| half_unit(shown).max(half_unit(written)));
        (given - wanted).abs() <= allowed.max(wanted.abs() * 1e-9)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        let written = value.to_string();
        let decimals = written.split_once('.').map_or(0, |(_, after)| after.len());
        Self {
            value,
            percent: false,
            decimals: u32::try_from(decimals).unwrap_or(u32::MAX),
            fraction: false,
            span: 0..0,
            role: Role::Value,
        }
    }
}

fn half_unit(decimals: u32) -> f64 {
    match decimals {
        0 | 1 => 0.0,
        decimals => 0.5 * 10f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX)),
    }
}

/// The numbers of a text, in order. Time and memory are linear in its length.
pub(super) fn scan(text: &str) -> Vec<Number> {
    let mut numbers = Vec::new();
    let mut at = 0;
    // The last word, until something but spaces follows it.
    let mut word = 0..0;
    while let Some(c) = text[at..].chars().next() {
        let number = if c.is_ascii_digit() || c == '.' {
            digits(text, at)
        } else if c == '\\' {
            latex_fraction(text, at)
        } else {
            vulgar(text, at, c)
        };
        if let Some(mut number) = number {
            if !is_power(text, at) {
                finish(&mut number, text, at, &word);
                numbers.push(number.clone());
            }
            at = number.span.end;
            word = 0..0;
        } else if c.is_alphabetic() {
            let end = word_end(text, at);
            if let Some(mut number) = numeral::read(text, at..end) {
                at = number.span.end;
                if text[word.clone()].eq_ignore_ascii_case("negative") {
                    number.value = -number.value;
                    number.span.start = word.start;
                }
                numbers.push(number);
                word = 0..0;
            } else {
                word = at..end;
                at = skip_glued_digits(text, end);
            }
        } else {
            if !c.is_whitespace() && !"*_`$".contains(c) {
                word = 0..0;
            }
            at += c.len_utf8();
        }
    }
    numbers
}

pub(super) fn word_end(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + rest
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(rest.len())
}

/// Past the digits of names such as `x1` and `H2O`.
fn skip_glued_digits(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len())
}

/// Whether what is at this place is an exponent or an index.
fn is_power(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches(['{', '-', '(']);
    before.ends_with('^') || (before.ends_with('_') && !before.ends_with("__") && before.len() < at)
}

fn plain(value: f64, span: Range<usize>) -> Option<Number> {
    value.is_finite().then_some(Number {
        value,
        percent: false,
        decimals: 0,
        fraction: false,
        span,
        role: Role::Value,
    })
}

/// A number in digits: `1,234.50`, `.5`, `1e-3`, `3/4`, `1 3/4`, `2 × 10^5`.
fn digits(text: &str, at: usize) -> Option<Number> {
    let (mut value, mut end, decimals) = decimal(text, at)?;
    let mut fraction = false;
    if decimals == 0 {
        if let Some((divided, stop)) = divided(text, value, end) {
            (value, end, fraction) = (divided, stop, true);
        } else if let Some((part, stop)) = mixed(text, end) {
            (value, end, fraction) = (value + part, stop, true);
        }
    }
    if let Some((power, stop)) = power_of_ten(text, end) {
        // By way of text, which rounds once.
        value = format!("{value}e{power}").parse().ok()?;
        end = stop;
    }
    let mut number = plain(value, at..end)?;
    number.decimals = decimals;
    number.fraction = fraction;
    Some(number)
}

/// Digits with separators of thousands, decimals and an exponent: value, end, decimals.
fn decimal(text: &str, at: usize) -> Option<(f64, usize, u32)> {
    let run = |at: usize| skip_glued_digits(text, at) - at;
    let mut end = at + run(at);
    let mut written = String::from(&text[at..end]);
    if end > at && end - at <= 3 {
        while let Some(separator) = thousands_separator(&text[end..])
            && run(end + separator) == 3
        {
            written.push_str(&text[end + separator..end + separator + 3]);
            end += separator + 3;
        }
    }
    let mut decimals = 0;
    let mark = text[end..].chars().next();
    let after = run(end + usize::from(matches!(mark, Some('.' | ','))));
    let is_decimal = match mark {
        Some('.') => after > 0,
        // A decimal comma, not a list.
        Some(',') => (1..=2).contains(&after) && end > at && !listed(text, at, end + 1 + after),
        _ => false,
    };
    if is_decimal {
        written.push('.');
        written.push_str(&text[end + 1..=end + after]);
        end += 1 + after;
        decimals = u32::try_from(after).ok()?;
    }
    if end == at {
        return None;
    }
    let exponent = &text[end..];
    if let Some(rest) = exponent.strip_prefix(['e', 'E']) {
        let sign = usize::from(rest.starts_with(['-', '+']));
        let length = run(end + 1 + sign);
        if length > 0 && length <= 4 {
            let stop = end + 1 + sign + length;
            written.push_str(&text[end..stop]);
            end = stop;
        }
    }
    Some((written.parse().ok()?, end, decimals))
}

/// Whether a comma between digits is one of several, or in brackets.
fn listed(text: &str, at: usize, end: usize) -> bool {
    text[end..].starts_with(',') || text[..at].ends_with([',', '[', '(', '{'])
}

/// The length of a separator of thousands that the text begins with.
fn thousands_separator(text: &str) -> Option<usize> {
    let all = [
        "{,}", "\\,", ",", "_", "'", "\u{a0}", "\u{202f}", "\u{2009}",
    ];
    let found = all.iter().find(|separator| text.starts_with(**separator))?;
    Some(found.len())
}

/// `/4` after a whole number, unless it is a part of a date.
fn divided(text: &str, above: f64, end: usize) -> Option<(f64, usize)> {
    let rest = text[end..].trim_start_matches(' ');
    let rest = rest.strip_prefix('/')?.trim_start_matches(' ');
    let start = text.len() - rest.len();
    let (below, stop, decimals) = decimal(text, start)?;
    let dated = text[stop..].starts_with('/')
        || text[..end].rfind('/').is_some_and(|slash| {
            !text[slash + 1..end].is_empty()
                && text[slash + 1..end].bytes().all(|b| b.is_ascii_digit())
        });
    (below != 0.0 && decimals == 0 && !dated).then_some((above / below, stop))
}

/// ` 3/4` or `½` after a whole number.
fn mixed(text: &str, end: usize) -> Option<(f64, usize)> {
    let start = end + usize::from(text[end..].starts_with(' '));
    let c = text[start..].chars().next()?;
    if let Some(number) = vulgar(text, start, c) {
        return Some((number.value, number.span.end));
    }
    let stop = skip_glued_digits(text, start);
    if start == end || stop == start || !text[stop..].starts_with('/') {
        return None;
    }
    let (part, stop) = divided(text, text[start..stop].parse().ok()?, stop)?;
    (part < 1.0).then_some((part, stop))
}

fn vulgar(_: &str, at: usize, c: char) -> Option<Number> {
    let (_, value) = FRACTIONS.iter().find(|(fraction, _)| *fraction == c)?;
    let mut number = plain(*value, at..at + c.len_utf8())?;
    number.fraction = true;
    Some(number)
}

/// `\frac{1}{2}` and its variants.
fn latex_fraction(text: &str, at: usize) -> Option<Number> {
    let rest = &text[at + 1..];
    let rest = rest.strip_prefix(['d', 't', 'c']).unwrap_or(rest);
    let rest = rest.strip_prefix("frac{")?;
    let (above, rest) = rest.split_once('}')?;
    let (below, rest) = rest.strip_prefix('{')?.split_once('}')?;
    let read = |part: &str| {
        let part = part.trim();
        let (value, end, _) = decimal(part, usize::from(part.starts_with('-')))?;
        let value = if part.starts_with('-') { -value } else { value };
        (end == part.len()).then_some(value)
    };
    let (above, below) = (read(above)?, read(below)?);
    let mut number = plain(above / below, at..text.len() - rest.len())?;
    number.fraction = true;
    Some(number)
}

/// `× 10^5`, `\times 10^{-3}`, `·10⁵`.
fn power_of_ten(text: &str, end: usize) -> Option<(i32, usize)> {
    let rest = text[end..].trim_start_matches(' ');
    let rest = TIMES.iter().find_map(|times| rest.strip_prefix(times))?;
    let rest = rest.trim_start_matches(' ').strip_prefix("10")?;
    let (rest, braced) = match rest.strip_prefix('^') {
        Some(rest) => (
            rest.strip_prefix('{').unwrap_or(rest),
            rest.starts_with('{'),
        ),
        None => return superscript(text, text.len() - rest.len()),
    };
    let (rest, sign) = match rest.strip_prefix(['-', '−']) {
        Some(rest) => (rest, -1),
        None => (rest, 1),
    };
    let start = text.len() - rest.len();
    let stop = skip_glued_digits(text, start);
    let power = text[start..stop].parse::<i32>().ok()?;
    Some((
        sign * power.min(1000),
        stop + usize::from(braced && text[stop..].starts_with('}')),
    ))
}

fn superscript(text: &str, start: usize) -> Option<(i32, usize)> {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let negative = text[start..].starts_with('⁻');
    let mut end = start + if negative { '⁻'.len_utf8() } else { 0 };
    let mut power = None;
    for c in text[end..].chars().take(4) {
        let Some(digit) = (0..).zip(DIGITS).find(|(_, known)| *known == c) else {
            break;
        };
        power = Some(power.unwrap_or(0) * 10 + digit.0);
        end += c.len_utf8();
    }
    let power: i32 = power?;
    Some((if negative { -power } else { power }, end))
}
