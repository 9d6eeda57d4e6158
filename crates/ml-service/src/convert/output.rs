//! Where the result of a conversion goes.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use inference_core::Error;

use super::invalid;

/// Refuses a place that is taken, or that is nowhere, before anything is done.
pub(super) fn require_free(place: &Path) -> Result<(), Error> {
    let shown = place.display();
    let is_empty = match fs::read_dir(place) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == ErrorKind::NotFound => return require_parent(place),
        Err(_) => false,
    };
    if is_empty {
        return Ok(());
    }
    Err(invalid(format!(
        "{shown} exists already: choose another place, or remove it"
    )))
}

fn require_parent(place: &Path) -> Result<(), Error> {
    let parent = match place.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => return Ok(()),
    };
    if parent.is_dir() {
        return Ok(());
    }
    Err(invalid(format!(
        "there is no folder {} to put the result into: make it first",
        parent.display()
    )))
}
