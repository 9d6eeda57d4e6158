//! Definitions that users write in TOML, such as rubrics: how they are read, and what is wrong.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;

/// A definition could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// The file could not be read.
    #[error("cannot read the {kind} {path}")]
    Io {
        /// What is defined.
        kind: &'static str,
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The file is larger than such a definition may be.
    #[error("the {kind} {path} has more than {limit} bytes: shorten or split it")]
    TooLarge {
        /// What is defined.
        kind: &'static str,
        /// The file.
        path: String,
        /// The most that is read.
        limit: u64,
    },
    /// A field is missing, unknown or wrong.
    #[error("the {kind} {origin} is wrong at line {line}: {message}")]
    Field {
        /// What is defined.
        kind: &'static str,
        /// The file, or what else the text is from.
        origin: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with which field.
        message: String,
    },
}

/// What is wrong, and where in the text.
pub(crate) type Wrong = (Range<usize>, String);

/// A kind of definition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// What it is called in errors.
    pub(crate) name: &'static str,
    /// The largest file, in bytes.
    pub(crate) limit: u64,
}

impl Kind {
    /// The text of a file.
    pub(crate) fn read(self, path: &Path) -> Result<String, DefinitionError> {
        let (kind, limit) = (self.name, self.limit);
        let io = |source| DefinitionError::Io {
            kind,
            path: path.display().to_string(),
            source,
        };
        let mut bytes = Vec::new();
        let mut file = File::open(path).map_err(io)?.take(limit + 1);
        file.read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > limit {
            let path = path.display().to_string();
            return Err(DefinitionError::TooLarge { kind, path, limit });
        }
        String::from_utf8(bytes)
            .map_err(|error| io(io::Error::new(io::ErrorKind::InvalidData, error)))
    }

    /// The definition in a text, which `origin` names, after a look at what serde cannot check.
    pub(crate) fn parse<T: DeserializeOwned>(
        self,
        origin: &str,
        text: &str,
        check: impl FnOnce(&T) -> Result<(), Wrong>,
    ) -> Result<T, DefinitionError> {
        let wrong = |(place, message): Wrong| DefinitionError::Field {
            kind: self.name,
            origin: origin.to_owned(),
            line: 1 + text[..place.start].matches('\n').count(),
            message,
        };
        let definition: T = toml::from_str(text).map_err(|error| {
            let place = error.span().unwrap_or_default();
            // The line too, since the message about a wrong type does not name the field.
            let line = line_around(text, place.start);
            wrong((place, format!("{} in {line:?}", error.message())))
        })?;
        check(&definition).map_err(wrong)?;
        Ok(definition)
    }
}

/// The line of a place, without the rest of a long one.
fn line_around(text: &str, place: usize) -> &str {
    const LONGEST: usize = 80;
    let start = text[..place].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    &line[..line.floor_char_boundary(LONGEST)]
}
