//! What a judge may be shown of one response.

use std::borrow::Cow;

use super::Unjudged;
use crate::{Material, Rubric};

/// A response with what it answers and what is known of the right answer. A rubric decides what
/// of it a judge is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence<'a> {
    pieces: Vec<Piece<'a>>,
}

/// A piece of what a judge is shown, and what it is.
type Piece<'a> = (Material, Cow<'a, str>);

impl<'a> Evidence<'a> {
    /// A response to a prompt.
    pub fn new(prompt: impl Into<Cow<'a, str>>, response: impl Into<Cow<'a, str>>) -> Self {
        Self {
            pieces: vec![
                (Material::Prompt, prompt.into()),
                (Material::Response, response.into()),
            ],
        }
    }

    /// Adds a piece, or replaces the one of its kind.
    #[must_use]
    pub fn with(mut self, material: Material, text: impl Into<Cow<'a, str>>) -> Self {
        self.pieces.retain(|(known, _)| *known != material);
        self.pieces.push((material, text.into()));
        self
    }

    /// A piece's text.
    pub fn get(&self, material: Material) -> Option<&str> {
        let mut pieces = self.pieces.iter();
        let found = pieces.find(|(known, _)| *known == material);
        found.map(|(_, text)| text.as_ref())
    }

    /// Whether every piece is there that a rubric shows.
    pub fn suffices(&self, rubric: &Rubric) -> bool {
        let mut shows = rubric.shows().iter();
        shows.all(|material| self.get(*material).is_some())
    }

    /// What a rubric shows, in its order.
    pub(super) fn shown(&self, rubric: &Rubric) -> Result<Vec<(Material, &str)>, Unjudged> {
        let piece = |material: &Material| match self.get(*material) {
            Some(text) => Ok((*material, text)),
            None => Err(Unjudged::Lacking {
                material: *material,
            }),
        };
        rubric.shows().iter().map(piece).collect()
    }
}
