//! TOML → a rubric, or the name and line of what is wrong.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{Content, Dimension, Material, Rubric, Scale};
use crate::DefinitionError;
use crate::definition::{Kind, Wrong};

/// It all goes into every prompt.
const KIND: Kind = Kind {
    name: "rubric",
    limit: 64 << 10,
};

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

impl Rubric {
    /// Reads a rubric from TOML; `origin` names the text in errors.
    ///
    /// # Errors
    /// [`DefinitionError::Field`] for a field that is missing, unknown, of the wrong type or without
    /// sense, with its line.
    pub fn parse(origin: &str, text: &str) -> Result<Self, DefinitionError> {
        let file: File = KIND.parse(origin, text, File::check)?;
        Ok(Self::new(file.into_content()))
    }

    /// Reads a rubric from a TOML file of at most 64 KiB.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse), and where the file cannot be read or is too large.
    pub fn read(path: &Path) -> Result<Self, DefinitionError> {
        Self::parse(&path.display().to_string(), &KIND.read(path)?)
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
