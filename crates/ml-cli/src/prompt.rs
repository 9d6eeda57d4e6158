//! The prompt of `ml generate`: an argument, or stdin.

use std::io::{self, IsTerminal as _, Read as _};

use anyhow::{Context as _, ensure};

use crate::screen;

/// The longest prompt that is read from stdin, in bytes.
const MAX_PROMPT: u64 = 64 * 1024 * 1024;

/// The argument, or all of stdin for `-`.
///
/// # Errors
/// Stdin cannot be read, is too long, or is not UTF-8.
pub(crate) fn read(argument: &str) -> anyhow::Result<String> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let stdin = io::stdin();
    if stdin.is_terminal() {
        screen::say("reading the prompt from the terminal, Ctrl-D ends it");
    }
    read_from(stdin.lock(), MAX_PROMPT)
}

/// Reads to the end; one line end at the very end, which `echo` and editors add, is dropped.
fn read_from(from: impl io::Read, limit: u64) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let read = from.take(limit + 1).read_to_end(&mut bytes);
    read.context("cannot read the prompt from stdin")?;
    ensure!(
        bytes.len() as u64 <= limit,
        "the prompt on stdin is longer than {limit} bytes: send less"
    );
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        anyhow::anyhow!(
            "the prompt on stdin is not valid UTF-8 at byte {at}: convert it, for example with iconv -t UTF-8"
        )
    })?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(read_from(bytes, 20).expect("readable"), expected);
    }

    #[test]
    fn one_line_end_is_dropped() {
        check(b"two\nlines\n\n", "two\nlines\n");
        check(b"dos\r\n", "dos");
        check(b" spaces stay ", " spaces stay ");
        check(b"", "");
    }

    #[test]
    fn too_much_and_what_is_no_text_is_refused() {
        let error = read_from(&[b'x'; 21][..], 20).expect_err("refused");
        assert!(
            error.to_string().contains("longer than 20 bytes"),
            "{error}"
        );
        let error = read_from(&b"caf\xe9"[..], 20).expect_err("refused");
        assert!(error.to_string().contains("at byte 3"), "{error}");
    }
}
