//! TOML → a rubric, or the name and line of what is wrong.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{Content, Dimension, Material, Rubric, Scale};

/// The largest rubric file, in bytes: it all goes into every prompt.
const MAX_FILE: u64 = 64 << 10;

/// A rubric could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RubricError {
    /// The file could not be read.
    #[error("cannot read the rubric {path}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is larger than a rubric may be.
    #[error("the rubric {path} has more than {MAX_FILE} bytes")]
    TooLarge {
        /// The file.
        path: String,
    },
    /// A field is missing, unknown or wrong.
    #[error("the rubric {origin} is wrong at line {line}: {message}")]
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
    task: Spanned<String>,
    domain: Option<String>,
    shows: Spanned<Vec<Material>>,
    note: Spanned<String>,
    #[serde(default)]
    rules: Vec<String>,
    scale: Spanned<Scale>,
    dimensions: Spanned<Vec<Spanned<Dimension>>>,
}

/// What is wrong, and where in the text.
type Wrong = (Range<usize>, String);

impl Rubric {
    /// Reads a rubric from TOML; `origin` names the text in errors.
    ///
    /// # Errors
    /// [`RubricError::Field`] for a field that is missing, unknown, of the wrong type or without
    /// sense, with its line.
    pub fn parse(origin: &str, text: &str) -> Result<Self, RubricError> {
        let wrong = |(place, message): Wrong| RubricError::Field {
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
        Ok(Self::new(file.into_content()))
    }

    /// Reads a rubric from a TOML file of at most 64 KiB.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse), and where the file cannot be read or is too large.
    pub fn read(path: &Path) -> Result<Self, RubricError> {
        let name = path.display().to_string();
        let io = |source| RubricError::Io {
            path: path.display().to_string(),
            source,
        };
        if std::fs::metadata(path).map_err(io)?.len() > MAX_FILE {
            return Err(RubricError::TooLarge { path: name });
        }
        Self::parse(&name, &std::fs::read_to_string(path).map_err(io)?)
    }
}

impl File {
    fn check(&self) -> Result<(), Wrong> {
        for (field, value) in [
            ("name", &self.name),
            ("version", &self.version),
            ("task", &self.task),
            ("note", &self.note),
        ] {
            if value.get_ref().trim().is_empty() {
                return Err((value.span(), format!("{field} is empty")));
            }
        }
        check_field_name("name", &self.name)?;
        check_field_name("note", &self.note)?;
        self.check_scale()?;
        self.check_shows()?;
        self.check_dimensions()
    }

    fn check_scale(&self) -> Result<(), Wrong> {
        let Scale { min, max, .. } = *self.scale.get_ref();
        if min.is_finite() && max.is_finite() && min < max {
            return Ok(());
        }
        let message = format!("scale.min ({min}) must be below scale.max ({max})");
        Err((self.scale.span(), message))
    }

    fn check_shows(&self) -> Result<(), Wrong> {
        let shows = self.shows.get_ref();
        let wrong = |message| Err((self.shows.span(), message));
        if !shows.contains(&Material::Response) {
            return wrong("shows lacks \"response\", which is what is judged".to_owned());
        }
        match repeated(shows) {
            Some(material) => wrong(format!("shows has {:?} twice", material.name())),
            None => Ok(()),
        }
    }

    fn check_dimensions(&self) -> Result<(), Wrong> {
        let dimensions = self.dimensions.get_ref();
        if dimensions.is_empty() {
            return Err((self.dimensions.span(), "dimensions is empty".to_owned()));
        }
        for (index, dimension) in dimensions.iter().enumerate() {
            let Dimension { name, anchors, .. } = dimension.get_ref();
            let wrong = |message| Err((dimension.span(), message));
            if !is_field_name(name) {
                return wrong(format!("the dimension {name:?} {FIELD_NAME}"));
            }
            if name == self.note.get_ref() {
                return wrong(format!("the dimension {name:?} has the name of the note"));
            }
            let before = &dimensions[..index];
            if before.iter().any(|other| other.get_ref().name == *name) {
                return wrong(format!("the dimension {name:?} is there twice"));
            }
            let scale = self.scale.get_ref();
            if let Some(anchor) = anchors.iter().find(|anchor| !scale.contains(anchor.at)) {
                let at = anchor.at;
                return wrong(format!(
                    "{name:?} has an anchor at {at}, off the scale {scale}"
                ));
            }
        }
        Ok(())
    }

    fn into_content(self) -> Content {
        Content {
            name: self.name.into_inner(),
            version: self.version.into_inner(),
            task: self.task.into_inner(),
            domain: self.domain,
            shows: self.shows.into_inner(),
            note: self.note.into_inner(),
            rules: self.rules,
            scale: self.scale.into_inner(),
            dimensions: self
                .dimensions
                .into_inner()
                .into_iter()
                .map(Spanned::into_inner)
                .collect(),
        }
    }
}

/// The line of a place, without the rest of a long one.
fn line_around(text: &str, place: usize) -> &str {
    const LONGEST: usize = 80;
    let start = text[..place].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    &line[..line.floor_char_boundary(LONGEST)]
}

/// What a name must be that stands in a score and in a judge's answer.
const FIELD_NAME: &str = "must be of lower-case letters, digits and _";

fn is_field_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !name.is_empty() && name.bytes().all(allowed)
}

fn check_field_name(field: &str, name: &Spanned<String>) -> Result<(), Wrong> {
    if is_field_name(name.get_ref()) {
        return Ok(());
    }
    let message = format!("{field} ({:?}) {FIELD_NAME}", name.get_ref());
    Err((name.span(), message))
}

fn repeated(shows: &[Material]) -> Option<Material> {
    let mut places = shows.iter().enumerate();
    let found = places.find(|(index, material)| shows[..*index].contains(material));
    found.map(|(_, material)| *material)
}
