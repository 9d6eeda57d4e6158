//! TOML → a set of probes, or the name and line of what is wrong.

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{Probe, ProbeSet};
use crate::DefinitionError;
use crate::definition::{Kind, Wrong};

const KIND: Kind = Kind {
    name: "set of probes",
    limit: 16 << 20,
};

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

impl ProbeSet {
    /// Reads a set of probes from TOML; `origin` names the text in errors.
    ///
    /// # Errors
    ///
    /// [`DefinitionError::Field`] for a field that is missing, unknown, of the wrong type or without
    /// sense, for an id that is there twice, a pattern that is none and a set to extend that there
    /// is not, with the line.
    pub fn parse(origin: &str, text: &str) -> Result<Self, DefinitionError> {
        let file: File = KIND.parse(origin, text, File::check)?;
        let mut set = file.base();
        set.merge(file.probe.into_iter().map(Spanned::into_inner));
        Ok(set)
    }

    /// Reads a set of probes from a TOML file of at most 16 MiB.
    ///
    /// # Errors
    ///
    /// As for [`parse`](Self::parse), and where the file cannot be read or is too large.
    pub fn read(path: &Path) -> Result<Self, DefinitionError> {
        Self::parse(&path.display().to_string(), &KIND.read(path)?)
    }
}

impl File {
    /// The set that the probes go into.
    fn base(&self) -> ProbeSet {
        let base = self.extends.as_ref();
        let base = base.and_then(|name| ProbeSet::built_in(name.get_ref()));
        let probes = base.map(|base| base.probes).unwrap_or_default();
        ProbeSet::new(self.name.get_ref(), self.version.get_ref(), probes)
    }

    fn check_base(&self) -> Result<(), Wrong> {
        match &self.extends {
            Some(name) if ProbeSet::built_in(name.get_ref()).is_none() => {
                let known = ProbeSet::BUILT_IN.join(" and ");
                let message = format!(
                    "there is no set {:?} to extend: there are {known}",
                    name.get_ref()
                );
                Err((name.span(), message))
            }
            _ => Ok(()),
        }
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
        self.check_base()
    }
}
