//! Where Python's text differs from Rust's, and text of values that is not paid for elsewhere.

use std::fmt::{self, Write};

use minijinja::{Error, ErrorKind, Output, State, Value};
use minijinja_contrib::pycompat;

/// Jinja's filter `trim`, which is Python's `str.strip`.
pub(super) fn trim(text: &str, characters: Option<&str>) -> String {
    text.trim_matches(|c| is_stripped(c, characters)).to_owned()
}

/// Jinja's filter `string`.
pub(super) fn string(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    if value.as_str().is_some() {
        return Ok(value.clone());
    }
    let mut text = String::new();
    paid(state, &mut text, value)?;
    Ok(text.into())
}

/// Writes what a template shows.
pub(super) fn show(
    output: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    match value.as_str() {
        Some(text) => output.write_str(text).map_err(Error::from),
        None => paid(state, output, value),
    }
}

/// Writes a value while the fuel lasts. The engine asks for it only afterwards, when a list that
/// holds another twice, which holds another twice, and so on, has taken all memory.
fn paid(state: &State<'_, '_>, text: &mut impl Write, value: &Value) -> Result<(), Error> {
    const BYTES_FOR_FUEL: u64 = 4;
    let fuel = state.fuel_levels().map_or(u64::MAX, |(_, left)| left);
    let mut limited = Limited {
        text,
        left: fuel.saturating_mul(BYTES_FOR_FUEL),
    };
    write!(limited, "{value}").map_err(|_| Error::from(ErrorKind::OutOfFuel))
}

struct Limited<'a, W> {
    text: &'a mut W,
    left: u64,
}

impl<W: Write> Write for Limited<'_, W> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        // At least one, so that what shows nothing ends too.
        self.left = self
            .left
            .checked_sub(1 + part.len() as u64)
            .ok_or(fmt::Error)?;
        self.text.write_str(part)
    }
}

/// Jinja's test `iterable`; minijinja goes through none as if it were an empty list.
pub(super) fn is_iterable(value: &Value) -> bool {
    !value.is_none() && value.try_iter().is_ok()
}

/// The methods of Python's types.
pub(super) fn method(
    state: &mut State<'_, '_>,
    value: &Value,
    name: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    let stripped = match (value.as_str(), name, arguments) {
        (Some(text), "strip", []) => text.trim_matches(is_white),
        (Some(text), "lstrip", []) => text.trim_start_matches(is_white),
        (Some(text), "rstrip", []) => text.trim_end_matches(is_white),
        _ => return pycompat::unknown_method_callback(state, value, name, arguments),
    };
    Ok(stripped.into())
}

fn is_stripped(character: char, characters: Option<&str>) -> bool {
    characters.map_or_else(|| is_white(character), |these| these.contains(character))
}

/// Python counts the separators of ASCII as white space, Unicode does not.
fn is_white(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// A number as Python and its JSON write it: the fewest digits that are read back as the same.
pub(super) fn float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        format!("{number:?}")
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_python_writes_them() {
        for (number, written) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (8.5, "8.5"),
            (1.0, "1.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.25e-7, "1.25e-07"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (1e300, "1e+300"),
            (f64::INFINITY, "Infinity"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(float(number), written);
        }
    }

    #[test]
    fn white_space_is_what_python_takes_for_it() {
        let padded = "\u{1c}\t\n \u{3000}\u{85}x\u{1f}\u{b}";
        assert_eq!(trim(padded, None), "x");
        assert_eq!(trim("\u{200b}x ", None), "\u{200b}x");
        assert_eq!(trim("-x-", Some("-")), "x");
    }
}
