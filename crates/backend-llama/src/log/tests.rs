//! Lines in any pieces, and the bounds of what is kept.

use super::*;

/// Gives its bytes in pieces of a given size.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.1.min(self.0.len());
        buffer[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

#[track_caller]
fn check(output: &[u8], expected: &[&str]) {
    for size in [1, 2, 3, 7, 8 * 1024] {
        let log = Log::default();
        let mut seen = Vec::new();
        log.read_from(Pieces(output, size), |line| seen.push(line.to_owned()));
        assert_eq!(seen, expected, "in pieces of {size}");
        assert_eq!(log.last(MAX_LINES), expected);
        assert_eq!(log.written(), output.len() as u64);
    }
}

#[test]
fn lines_come_whole_whatever_the_pieces() {
    check(b"", &[]);
    check(b"one\ntwo\r\n\n  three", &["one", "two", "  three"]);
    check("grüße 🦙\n".as_bytes(), &["grüße 🦙"]);
    check(b"bad \xff byte\n", &["bad \u{fffd} byte"]);
    check(b"half \xf0\x9f", &["half \u{fffd}"]);
}

#[test]
fn a_long_line_is_cut_between_characters() {
    for (unit, whole) in [
        ("x", MAX_LINE),
        ("ü", MAX_LINE / 2),
        ("€", MAX_LINE / 3),
        ("🦙", MAX_LINE / 4),
    ] {
        let line = unit.repeat(MAX_LINE + 1);
        let cut = format!("{}…", unit.repeat(whole));
        check(format!("{line}\nnext\n").as_bytes(), &[&cut, "next"]);
    }
}

#[test]
fn only_the_end_is_kept() {
    let log = Log::default();
    let lines: Vec<_> = (0..1000).map(|i| format!("line {i}")).collect();
    let output = lines.join("\n");
    log.read_from(output.as_bytes(), |_| {});
    assert_eq!(log.last(MAX_LINES * 2).len(), MAX_LINES);
    assert_eq!(log.last(2), ["line 998", "line 999"]);

    log.read_from(
        format!("{}\n", "x".repeat(MAX_LINE)).repeat(100).as_bytes(),
        |_| {},
    );
    let bytes: usize = log.last(MAX_LINES).iter().map(String::len).sum();
    assert!(bytes <= MAX_BYTES, "{bytes}");
    assert!(bytes > MAX_BYTES - 2 * MAX_LINE, "{bytes}");
}

#[test]
fn the_severity_is_read_where_there_is_one() {
    let message = "gguf_init_from_reader: failed to read magic";
    let line = format!("0.00.004.824 E {message}");
    assert_eq!(parse(&line), (Severity::Error, message));
    assert_eq!(
        parse("0.00.002.119 W srv  x"),
        (Severity::Warning, "srv  x")
    );
    assert_eq!(parse("0.00.002.119 I srv  x"), (Severity::Other, "srv  x"));
    for plain in ["", "error: invalid argument: --x", "a E b", "1 E b"] {
        assert_eq!(parse(plain), (Severity::Other, plain));
    }
}
