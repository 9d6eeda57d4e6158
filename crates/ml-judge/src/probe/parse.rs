//! TOML → a set of probes, or the name and line of what is wrong.

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{Probe, ProbeSet};

/// The largest file of probes, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// Probes could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// The file could not be read.
    #[error("cannot read the probes {path}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is larger than a file of probes may be.
    #[error("the file of probes {path} has more than {MAX_FILE} bytes: split it")]
    TooLarge {
        /// The file.
        path: String,
    },
    /// A field is missing, unknown or wrong.
    #[error("the probes {origin} are wrong at line {line}: {message}")]
    Field {
        /// The file, or what else the text is from.
        origin: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with which field.
        message: String,
    },
}

/// The file, with the places of what serde cannot check.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    version: Spanned<String>,
    extends: Option<Spanned<String>>,
    #[serde(default)]
    probe: Vec<Spanned<Probe>>,
}

/// What is wrong, and where in the text.
type Wrong = (Range<usize>, String);

impl ProbeSet {
    /// Reads a set of probes from TOML; `origin` names the text in errors.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Field`] for a field that is missing, unknown, of the wrong type or without
    /// sense, for an id that is there twice, a pattern that is none and a set to extend that there
    /// is not, with the line.
    pub fn parse(origin: &str, text: &str) -> Result<Self, ProbeError> {
        let wrong = |(place, message): Wrong| ProbeError::Field {
            origin: origin.to_owned(),
            line: 1 + text[..place.start].matches('\n').count(),
            message,
        };
        let file: File = toml::from_str(text).map_err(|error| {
            let place = error.span().unwrap_or_default();
            // The line too, since the message about a wrong type does not name the field.
            let line = line_around(text, place.start);
            wrong((place, format!("{} in {line:?}", error.message())))
        })?;
        file.check().map_err(wrong)?;
        let mut set = file.base().map_err(wrong)?;
        set.merge(file.probe.into_iter().map(Spanned::into_inner));
        Ok(set)
    }

    /// Reads a set of probes from a TOML file of at most 16 MiB.
    ///
    /// # Errors
    ///
    /// As for [`parse`](Self::parse), and where the file cannot be read or is too large.
    pub fn read(path: &Path) -> Result<Self, ProbeError> {
        let name = path.display().to_string();
        let io = |source| ProbeError::Io {
            path: path.display().to_string(),
            source,
        };
        if std::fs::metadata(path).map_err(io)?.len() > MAX_FILE {
            return Err(ProbeError::TooLarge { path: name });
        }
        Self::parse(&name, &std::fs::read_to_string(path).map_err(io)?)
    }
}

impl File {
    /// The set that the probes go into.
    fn base(&self) -> Result<ProbeSet, Wrong> {
        let (name, label) = (self.name.get_ref(), self.version.get_ref());
        let Some(extends) = &self.extends else {
            return Ok(ProbeSet::new(name, label, []));
        };
        let Some(base) = ProbeSet::built_in(extends.get_ref()) else {
            let known = ProbeSet::BUILT_IN.join(" and ");
            let message = format!(
                "there is no set {:?} to extend: there are {known}",
                extends.get_ref()
            );
            return Err((extends.span(), message));
        };
        Ok(ProbeSet::new(name, label, base.probes))
    }

    fn check(&self) -> Result<(), Wrong> {
        for (field, value) in [("name", &self.name), ("version", &self.version)] {
            if value.get_ref().trim().is_empty() {
                return Err((value.span(), format!("{field} is empty")));
            }
        }
        if self.probe.is_empty() {
            return Err((0..0, "there is no [[probe]]".to_owned()));
        }
        let mut seen = HashSet::new();
        for spanned in &self.probe {
            let probe = spanned.get_ref();
            let wrong = |message| Err((spanned.span(), message));
            for (field, value) in [
                ("id", &probe.id),
                ("category", &probe.category),
                ("prompt", &probe.prompt),
            ] {
                if value.trim().is_empty() {
                    return wrong(format!("the {field} of the probe {:?} is empty", probe.id));
                }
            }
            if !seen.insert(&probe.id) {
                return wrong(format!("the probe {:?} is there twice", probe.id));
            }
            if probe.check.is_none() && probe.ground_truth.is_none() {
                return wrong(format!(
                    "the probe {:?} has neither check nor ground_truth, so that nothing can score it",
                    probe.id
                ));
            }
        }
        Ok(())
    }
}

/// The line of a place, without the rest of a long one.
fn line_around(text: &str, place: usize) -> &str {
    const LONGEST: usize = 80;
    let start = text[..place].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    &line[..line.floor_char_boundary(LONGEST)]
}
