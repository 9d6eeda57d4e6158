//! Files with a JSON value a line.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::path::Path;
use std::{fmt, str};

use serde::de::DeserializeOwned;

/// Reads a file with a JSON value on each line, one line at a time.
///
/// Blank lines are passed over, a byte order mark at the beginning too; lines end with `\n` or
/// `\r\n`. Memory is bounded by the longest line that is allowed, whatever the file holds.
///
/// As an iterator it yields every line as a result of its own. After a line that is broken, the
/// next one is read: the caller stops at the first error or goes on. It ends after an error of the
/// reader itself.
///
/// ```
/// use ml_judge::{JsonLines, Response};
///
/// let file = "{\"id\": \"a\", \"response\": \"4\"}\n\n{\"id\": \"b\"\n";
/// let mut lines = JsonLines::<Response>::new("answers.jsonl", file.as_bytes());
/// let first = lines.next().expect("a line")?;
/// assert_eq!((first.number, first.value.id.as_str()), (1, "a"));
/// let broken = lines.next().expect("a line").expect_err("its object is open");
/// assert!(broken.to_string().starts_with("line 3 of answers.jsonl"));
/// assert!(lines.next().is_none());
/// # Ok::<(), ml_judge::JsonLinesError>(())
/// ```
pub struct JsonLines<'a, T> {
    name: String,
    reader: Box<dyn BufRead + Send + 'a>,
    limit: usize,
    number: u64,
    buffer: Vec<u8>,
    ended: bool,
    values: PhantomData<fn() -> T>,
}

/// A value with the line it was on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<T> {
    /// The number of the line, from 1; blank lines count.
    pub number: u64,
    /// What was on it.
    pub value: T,
}

/// A file of JSON lines cannot be read, or one of its lines.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonLinesError {
    /// The file cannot be opened.
    #[error("cannot open {file}")]
    Open {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// Reading failed; there are no more lines.
    #[error("cannot read line {line} of {file}")]
    Read {
        /// The file.
        file: String,
        /// The line that was being read.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// The line is longer than is allowed. It was passed over.
    #[error("line {line} of {file} is longer than {limit} bytes")]
    TooLong {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// The most bytes of a line.
        limit: usize,
    },
    /// The line is not text in UTF-8.
    #[error("line {line} of {file} is not UTF-8: byte {byte} of it begins no character")]
    NotUtf8 {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// The first wrong byte, from 1.
        byte: usize,
    },
    /// The line is not JSON, or not the value that is expected.
    #[error("line {line} of {file}, column {column}: {reason}")]
    Json {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// Where on the line, from 1, in bytes.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
}

impl JsonLinesError {
    /// Whether only this line is lost, and those after it can still be read.
    pub fn is_of_one_line(&self) -> bool {
        !matches!(self, Self::Open { .. } | Self::Read { .. })
    }
}

impl<T> JsonLines<'static, T> {
    /// Reads a file, or standard input for the path `-`.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, JsonLinesError> {
        if path.as_os_str() == "-" {
            let reader = BufReader::new(io::stdin());
            return Ok(Self::new("standard input", reader));
        }
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Ok(Self::new(name, BufReader::new(file))),
            Err(source) => Err(JsonLinesError::Open { file: name, source }),
        }
    }
}

impl<'a, T> JsonLines<'a, T> {
    /// The most bytes of a line, without its end, unless [`limit`](Self::limit) says otherwise.
    pub const DEFAULT_LIMIT: usize = 64 << 20;

    /// The buffer keeps this much between lines; what a longer line took is given back.
    const KEPT: usize = 1 << 20;

    /// Reads what the reader yields; errors call it by the name.
    pub fn new(name: impl Into<String>, reader: impl BufRead + Send + 'a) -> Self {
        Self {
            name: name.into(),
            reader: Box::new(reader),
            limit: Self::DEFAULT_LIMIT,
            number: 0,
            buffer: Vec::new(),
            ended: false,
            values: PhantomData,
        }
    }

    /// Sets the most bytes of a line, without its end.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Puts the next line into the buffer. False at the end.
    fn advance(&mut self) -> Result<bool, JsonLinesError> {
        self.buffer.clear();
        self.buffer.shrink_to(Self::KEPT);
        self.number += 1;
        match self.fill() {
            Ok(Fill::End) => Ok(false),
            Ok(Fill::Line) => Ok(true),
            Ok(Fill::TooLong) => Err(JsonLinesError::TooLong {
                file: self.name.clone(),
                line: self.number,
                limit: self.limit,
            }),
            Err(source) => {
                self.ended = true;
                Err(JsonLinesError::Read {
                    file: self.name.clone(),
                    line: self.number,
                    source,
                })
            }
        }
    }

    fn fill(&mut self) -> io::Result<Fill> {
        let most = u64::try_from(self.limit).map_or(u64::MAX, |limit| limit.saturating_add(1));
        let mut limited = (&mut self.reader).take(most);
        if limited.read_until(b'\n', &mut self.buffer)? == 0 {
            return Ok(Fill::End);
        }
        if self.buffer.pop_if(|last| *last == b'\n').is_none() && self.buffer.len() > self.limit {
            self.reader.skip_until(b'\n')?;
            return Ok(Fill::TooLong);
        }
        Ok(Fill::Line)
    }

    fn text(&self) -> Result<&str, JsonLinesError> {
        let text = str::from_utf8(&self.buffer).map_err(|error| JsonLinesError::NotUtf8 {
            file: self.name.clone(),
            line: self.number,
            byte: error.valid_up_to() + 1,
        })?;
        Ok(match self.number {
            1 => text.strip_prefix('\u{feff}').unwrap_or(text),
            _ => text,
        })
    }
}

enum Fill {
    End,
    Line,
    TooLong,
}

impl<T: DeserializeOwned> JsonLines<'_, T> {
    fn read(&mut self) -> Result<Option<Line<T>>, JsonLinesError> {
        while self.advance()? {
            let text = self.text()?;
            if text.trim_ascii().is_empty() {
                continue;
            }
            let number = self.number;
            return match serde_json::from_str(text) {
                Ok(value) => Ok(Some(Line { number, value })),
                Err(error) => Err(self.broken(&error)),
            };
        }
        self.ended = true;
        Ok(None)
    }

    fn broken(&self, error: &serde_json::Error) -> JsonLinesError {
        let said = error.to_string();
        // Of its place only the column is true: it was given one line.
        let place = format!(" at line {} column {}", error.line(), error.column());
        JsonLinesError::Json {
            file: self.name.clone(),
            line: self.number,
            column: error.column(),
            reason: said.strip_suffix(&place).unwrap_or(&said).to_owned(),
        }
    }
}

impl<T: DeserializeOwned> Iterator for JsonLines<'_, T> {
    type Item = Result<Line<T>, JsonLinesError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        self.read().transpose()
    }
}

impl<T: DeserializeOwned> FusedIterator for JsonLines<'_, T> {}

impl<T> fmt::Debug for JsonLines<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines")
            .field("name", &self.name)
            .field("limit", &self.limit)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// The ids that a file has had so far, each with its line.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    lines: HashMap<(u32, String), u64>,
}

/// Two lines are of the same id and the same epoch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {second} has the id {id:?} of line {first} once more{}; ids must differ",
    in_epoch(*epoch)
)]
pub struct DuplicateId {
    /// The id.
    pub id: String,
    /// Which of several answers both lines are; 0 where they do not say.
    pub epoch: u32,
    /// The line that had it first.
    pub first: u64,
    /// The line that has it too.
    pub second: u64,
}

fn in_epoch(epoch: u32) -> String {
    match epoch {
        0 => String::new(),
        epoch => format!(", in epoch {epoch} too"),
    }
}

impl Ids {
    /// Notes the id of a line, and which of several answers it is.
    ///
    /// # Errors
    /// An earlier line is of the same id and epoch; that line keeps it.
    pub fn note(&mut self, id: &str, epoch: u32, line: u64) -> Result<(), DuplicateId> {
        match self.lines.entry((epoch, id.to_owned())) {
            Entry::Vacant(vacant) => {
                vacant.insert(line);
                Ok(())
            }
            Entry::Occupied(earlier) => Err(DuplicateId {
                id: id.to_owned(),
                epoch,
                first: *earlier.get(),
                second: line,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
