//! Adds up the result lines of libtest.

/// How many tests passed and failed, over all test binaries of a run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    line: Vec<u8>,
}

impl Tally {
    /// Takes the next piece of output; a line may arrive in several pieces.
    pub(crate) fn feed(&mut self, output: &[u8]) {
        for &byte in output {
            if byte == b'\n' {
                self.end_line();
            } else {
                self.line.push(byte);
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let Ok(line) = str::from_utf8(&line) else {
            return;
        };
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.passed += count(counts, "passed");
            self.failed += count(counts, "failed");
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The number before `what` in `ok. 12 passed; 1 failed; …`.
fn count(counts: &str, what: &str) -> u64 {
    counts
        .split(';')
        .filter_map(|part| part.trim().strip_suffix(what)?.split_whitespace().last())
        .find_map(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pieces: &[&str], expected: &str) {
        let mut tally = Tally::default();
        for piece in pieces {
            tally.feed(piece.as_bytes());
        }
        assert_eq!(tally.to_string(), expected);
    }

    #[test]
    fn sums_over_binaries_and_doctests() {
        check(
            &[
                "running 2 tests\ntest a ... ok\ntest b ... FAILED\n",
                "\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n",
                "   Doc-tests x\n",
                "test result: ok. 30 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out; finished in 1.20s\n",
            ],
            "31 passed, 1 failed",
        );
    }

    #[test]
    fn a_line_may_come_in_pieces_and_in_colour() {
        check(
            &[
                "test res",
                "ult: \x1b[32mok\x1b[0m. 7 pas",
                "sed; 0 failed;\n",
            ],
            "7 passed, 0 failed",
        );
    }

    #[test]
    fn other_lines_do_not_count() {
        check(
            &[
                "note: 5 passed; 3 failed\n",
                "  test result: ok. 9 passed;\n",
            ],
            "0 passed, 0 failed",
        );
    }

    #[test]
    fn an_unfinished_line_does_not_count() {
        check(
            &["test result: ok. 9 passed; 0 failed;"],
            "0 passed, 0 failed",
        );
    }
}
