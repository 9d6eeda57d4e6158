//! Answers that people labelled.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::{Map, Value};

use super::Columns;
use crate::{DuplicateId, Ids, JsonLines, JsonLinesError, Line, Response};

/// Answers that people labelled.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Gold {
    /// The file.
    pub name: String,
    /// BLAKE3 of its content, in hexadecimal digits.
    pub hash: String,
    /// Its rows, in their order.
    pub items: Vec<GoldItem>,
}

/// An answer that people labelled.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GoldItem {
    /// The answer, with what it answers.
    pub response: Response,
    /// The other answer, where the rows are pairs.
    pub other: Option<String>,
    /// The labels, one for each rater; `None` where this rater gave none.
    pub labels: Vec<Option<f64>>,
}

/// How labelled answers are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header. Lines before it that begin with `#` are comments.
    Csv,
    /// A JSON object a line.
    JsonLines,
}

/// Labelled answers cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GoldError {
    /// The name does not tell the format.
    #[error("{file} is not named .csv, .jsonl or .ndjson")]
    Format {
        /// The file.
        file: String,
    },
    /// The file cannot be read.
    #[error("read {file}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The file is larger than is allowed.
    #[error("{file} is larger than {most} bytes; split it")]
    TooLarge {
        /// The file.
        file: String,
        /// The most bytes.
        most: usize,
    },
    /// The file is not CSV, or a row has other columns than the header.
    #[error("read {file} as CSV")]
    Csv {
        /// The file.
        file: String,
        /// Where and why.
        source: csv::Error,
    },
    /// A line is not a JSON object.
    #[error(transparent)]
    JsonLines(#[from] JsonLinesError),
    /// A column is not there.
    #[error("line {line} of {file} has no {column:?}; it has {}", present.join(", "))]
    NoColumn {
        /// The file.
        file: String,
        /// The line of the header or object.
        line: u64,
        /// The column.
        column: String,
        /// Those that are there.
        present: Vec<String>,
    },
    /// A label is no number and has none.
    #[error(
        "line {line} of {file}, {column}: the label {label:?} is no number; say which it is, as in \
         {label}:1"
    )]
    Label {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// The label's column.
        column: String,
        /// The label, at most 80 characters of it.
        label: String,
    },
    /// A label of a pair is no preference.
    #[error(
        "line {line} of {file}, {column}: the label {label:?} is none of a, b and tie; say which \
         it is, as in {label}:1 for a, {label}:0 for b"
    )]
    Preference {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// The label's column.
        column: String,
        /// The label, at most 80 characters of it.
        label: String,
    },
    /// Two rows have the same id.
    #[error("{file} names a row twice")]
    Duplicate {
        /// The file.
        file: String,
        /// Which.
        source: DuplicateId,
    },
}

/// The most bytes of a file; all of it is kept in memory.
const MOST_BYTES: usize = 256 << 20;

impl Gold {
    /// Reads a file, as CSV or JSON lines by its name.
    ///
    /// # Errors
    /// The file cannot be read, is larger than 256 MiB, or does not hold what the columns say.
    pub fn open(path: &Path, columns: &Columns) -> Result<Self, GoldError> {
        let file = path.display().to_string();
        let extension = path.extension().map(OsStr::to_ascii_lowercase);
        let format = match extension.as_ref().and_then(|extension| extension.to_str()) {
            Some("csv") => Format::Csv,
            Some("jsonl" | "ndjson") => Format::JsonLines,
            _ => return Err(GoldError::Format { file }),
        };
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|opened| opened.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes))
            .map_err(|source| GoldError::Read {
                file: file.clone(),
                source,
            })?;
        if bytes.len() > MOST_BYTES {
            let most = MOST_BYTES;
            return Err(GoldError::TooLarge { file, most });
        }
        Self::parse(file, &bytes, format, columns)
    }

    /// Reads what a file holds; errors call it by the name.
    ///
    /// # Errors
    /// The content is not what the format and the columns say.
    pub fn parse(
        name: impl Into<String>,
        content: &[u8],
        format: Format,
        columns: &Columns,
    ) -> Result<Self, GoldError> {
        let mut reading = Reading {
            file: name.into(),
            columns,
            ids: Ids::default(),
            items: Vec::new(),
        };
        match format {
            Format::Csv => reading.csv(content)?,
            Format::JsonLines => reading.json_lines(content)?,
        }
        Ok(Self {
            name: reading.file,
            hash: blake3::hash(content).to_hex().to_string(),
            items: reading.items,
        })
    }
}

/// A file that is being read.
struct Reading<'a> {
    file: String,
    columns: &'a Columns,
    ids: Ids,
    items: Vec<GoldItem>,
}

impl Reading<'_> {
    fn csv(&mut self, content: &[u8]) -> Result<(), GoldError> {
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        let (comments, rest) = comments(content);
        // Blank lines in their place, so that errors count lines as the file does.
        let blank = vec![b'\n'; comments];
        let mut reader = csv::Reader::from_reader(blank.chain(rest));
        let file = self.file.clone();
        let broken = |source| GoldError::Csv {
            file: file.clone(),
            source,
        };
        let header = reader.headers().map_err(broken)?.clone();
        self.require(comments as u64 + 1, || header.iter())?;
        for row in reader.records() {
            let row = row.map_err(broken)?;
            let line = row.position().map_or(0, csv::Position::line);
            self.row(line, |column| {
                let at = header.iter().position(|name| name == column)?;
                Some(row.get(at)?.to_owned())
            })?;
        }
        Ok(())
    }

    fn json_lines(&mut self, content: &[u8]) -> Result<(), GoldError> {
        for line in JsonLines::<Map<String, Value>>::new(self.file.clone(), content) {
            let Line {
                number,
                value: fields,
            } = line?;
            self.require(number, || fields.keys().map(String::as_str))?;
            self.row(number, |column| {
                Some(match fields.get(column)? {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                })
            })?;
        }
        Ok(())
    }

    /// Sees that all columns are there.
    fn require<'a, I: Iterator<Item = &'a str>>(
        &self,
        line: u64,
        present: impl Fn() -> I,
    ) -> Result<(), GoldError> {
        let lacks = |column: &&String| !present().any(|name| name == *column);
        match self.columns.names().find(lacks) {
            None => Ok(()),
            Some(column) => Err(GoldError::NoColumn {
                file: self.file.clone(),
                line,
                column: column.clone(),
                present: present().map(str::to_owned).collect(),
            }),
        }
    }

    fn no_label(&self, line: u64, column: &str, label: &str) -> GoldError {
        let (file, column) = (self.file.clone(), column.to_owned());
        let label = label.chars().take(80).collect();
        if self.columns.other.is_some() {
            return GoldError::Preference {
                file,
                line,
                column,
                label,
            };
        }
        GoldError::Label {
            file,
            line,
            column,
            label,
        }
    }

    /// Takes a row in. `cell` yields the text of a column.
    fn row(&mut self, line: u64, cell: impl Fn(&str) -> Option<String>) -> Result<(), GoldError> {
        let optional = |column: &Option<String>| column.as_deref().and_then(&cell);
        let label = |column: &String| {
            let label = cell(column).unwrap_or_default();
            let value = self.columns.value(&label);
            value.map_err(|()| self.no_label(line, column, &label))
        };
        let labels = self
            .columns
            .labels
            .iter()
            .map(label)
            .collect::<Result<_, _>>()?;
        let id = optional(&self.columns.id).unwrap_or_else(|| format!("line {line}"));
        self.ids
            .note(&id, 0, line)
            .map_err(|source| GoldError::Duplicate {
                file: self.file.clone(),
                source,
            })?;
        let prompt = optional(&self.columns.prompt).unwrap_or_default();
        let answer = cell(&self.columns.response).unwrap_or_default();
        let mut response = Response::new(id, prompt, answer);
        let reference = optional(&self.columns.reference);
        response.correct_answer = reference.filter(|reference| !reference.is_empty());
        let other = optional(&self.columns.other);
        self.items.push(GoldItem {
            response,
            other,
            labels,
        });
        Ok(())
    }
}

/// How many lines at the beginning are comments, and what follows them.
fn comments(mut content: &[u8]) -> (usize, &[u8]) {
    let mut lines = 0;
    while content.first() == Some(&b'#') {
        let end = content.iter().position(|byte| *byte == b'\n');
        content = end.map_or(&[], |end| &content[end + 1..]);
        lines += 1;
    }
    (lines, content)
}
