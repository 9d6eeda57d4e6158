//! What a server writes: its last lines, and how much there was.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

const MAX_LINES: usize = 200;
const MAX_BYTES: usize = 64 * 1024;
const MAX_LINE: usize = 2 * 1024;

/// The end of a server's output, bounded in lines and in bytes.
#[derive(Default)]
pub(crate) struct Log {
    ring: Mutex<Ring>,
    written: AtomicU64,
}

#[derive(Default)]
struct Ring {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Log {
    /// Reads to the end, keeping each line and showing it to `each`.
    pub(crate) fn read_from(&self, mut output: impl Read, mut each: impl FnMut(&str)) {
        let mut keep = |line: &str| {
            self.push(line);
            each(line);
        };
        let mut lines = LineSplitter::default();
        let mut buffer = [0; 8 * 1024];
        loop {
            match output.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    lines.feed(&buffer[..n], &mut keep);
                    self.written.fetch_add(n as u64, Ordering::Relaxed);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        lines.finish(&mut keep);
    }

    /// Bytes written so far: it grows, also within a line, while the server makes progress.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Up to `n` of the last lines, oldest first.
    pub(crate) fn last(&self, n: usize) -> Vec<String> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let skipped = ring.lines.len().saturating_sub(n);
        ring.lines.iter().skip(skipped).cloned().collect()
    }

    fn push(&self, line: &str) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        ring.bytes += line.len();
        ring.lines.push_back(line.to_owned());
        while ring.lines.len() > MAX_LINES || ring.bytes > MAX_BYTES {
            let oldest = ring.lines.pop_front().map_or(0, |line| line.len());
            ring.bytes -= oldest;
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("written", &self.written())
            .finish_non_exhaustive()
    }
}

/// Cuts bytes into lines of at most [`MAX_LINE`] bytes; the rest of a longer one is left out.
#[derive(Default)]
struct LineSplitter {
    line: Vec<u8>,
    cut: bool,
}

impl LineSplitter {
    fn feed(&mut self, mut bytes: &[u8], each: &mut impl FnMut(&str)) {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            self.append(&bytes[..end]);
            self.end_line(each);
            bytes = &bytes[end + 1..];
        }
        self.append(bytes);
    }

    fn finish(&mut self, each: &mut impl FnMut(&str)) {
        if !self.line.is_empty() {
            self.end_line(each);
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        let room = MAX_LINE - self.line.len();
        self.cut |= bytes.len() > room;
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end_line(&mut self, each: &mut impl FnMut(&str)) {
        let bytes = if self.cut {
            whole_characters(&self.line)
        } else {
            &self.line
        };
        let mut line = String::from_utf8_lossy(bytes).trim_end().to_owned();
        if self.cut {
            line.push('…');
        }
        if !line.is_empty() {
            each(&line);
        }
        self.line.clear();
        self.cut = false;
    }
}

/// `bytes` without the character that its end cuts in two.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    let tail = bytes.len().saturating_sub(4)..bytes.len();
    for start in tail.rev() {
        match bytes[start] {
            0x80..=0xbf => {}
            0..=0x7f => return bytes,
            _ => {
                let cut = std::str::from_utf8(&bytes[start..])
                    .is_err_and(|error| error.error_len().is_none());
                return if cut { &bytes[..start] } else { bytes };
            }
        }
    }
    bytes
}

/// How serious llama-server says a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    Error,
    Warning,
    Other,
}

/// Splits `0.00.004.824 E message` into its severity and its message.
pub(crate) fn parse(line: &str) -> (Severity, &str) {
    let mut words = line.splitn(3, ' ');
    let (Some(time), Some(letter), Some(message)) = (words.next(), words.next(), words.next())
    else {
        return (Severity::Other, line);
    };
    let is_time = time.len() > 4
        && time
            .bytes()
            .all(|byte| byte == b'.' || byte.is_ascii_digit());
    match letter {
        "E" if is_time => (Severity::Error, message),
        "W" if is_time => (Severity::Warning, message),
        "I" | "D" | "T" if is_time => (Severity::Other, message),
        _ => (Severity::Other, line),
    }
}

#[cfg(test)]
mod tests;
