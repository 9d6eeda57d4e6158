//! JSON as Go's `encoding/json` indents and escapes it.

use std::io::{self, Write};

use serde_json::ser::{Formatter, PrettyFormatter};

/// Writes as `json.MarshalIndent(value, "", "  ")` does
/// (<https://pkg.go.dev/encoding/json#Marshal>).
#[derive(Debug, Default)]
pub(super) struct GoFormatter(PrettyFormatter<'static>);

impl Formatter for GoFormatter {
    /// Without an exponent from 1e-6 up to 1e21, and then without a needless decimal point.
    fn write_f64<W: Write + ?Sized>(&mut self, to: &mut W, value: f64) -> io::Result<()> {
        if value == 0.0 || (1e-6..1e21).contains(&value.abs()) {
            return write!(to, "{value}");
        }
        let text = format!("{value:e}");
        match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                write!(to, "{digits}e+{exponent}")
            }
            _ => to.write_all(text.as_bytes()),
        }
    }

    /// With the characters escaped that mean something in HTML and in JavaScript.
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        to: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        const ESCAPED: [char; 5] = ['<', '>', '&', '\u{2028}', '\u{2029}'];
        for part in fragment.split_inclusive(ESCAPED) {
            let plain = part.trim_end_matches(ESCAPED);
            to.write_all(plain.as_bytes())?;
            for c in part[plain.len()..].chars() {
                write!(to, "\\u{:04x}", u32::from(c))?;
            }
        }
        Ok(())
    }

    fn begin_array<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_array(to)
    }

    fn end_array<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_array(to)
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(to, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_array_value(to)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object(to)
    }

    fn end_object<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object(to)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(to, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object_value(to)
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object_value(to)
    }
}
