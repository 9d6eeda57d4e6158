//! The rubrics of a run: the built-in ones, some of them replaced, others added.

use super::{Rubric, built_in};

/// Rubrics by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Rubrics {
    rubrics: Vec<Rubric>,
}

impl Rubrics {
    /// `semantic`, `content`, `capability`, `truthfulness`, `do_not_answer` and `toxicity`.
    pub fn built_in() -> Self {
        Self {
            rubrics: built_in::all(),
        }
    }

    /// Adds a rubric, or replaces the one of its name, which comes back.
    pub fn insert(&mut self, rubric: Rubric) -> Option<Rubric> {
        let mut rubrics = self.rubrics.iter_mut();
        if let Some(place) = rubrics.find(|known| known.name() == rubric.name()) {
            return Some(std::mem::replace(place, rubric));
        }
        self.rubrics.push(rubric);
        None
    }

    /// The rubric of a name.
    pub fn get(&self, name: &str) -> Option<&Rubric> {
        self.iter().find(|rubric| rubric.name() == name)
    }

    /// Every rubric: the built-in ones first, then in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Rubric> {
        self.rubrics.iter()
    }
}

impl Default for Rubrics {
    fn default() -> Self {
        Self::built_in()
    }
}
