//! The user's cache folder: real parts, shared by every clone.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Where set-up puts what tests and demo need.
///
/// `$ML_CACHE`, else `$XDG_CACHE_HOME/ml`, else `~/.cache/ml`, on every system. An empty variable counts as unset.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache of the current environment; the folder need not exist.
    ///
    /// # Errors
    /// None of the three variables is set.
    pub(crate) fn from_env() -> Result<Self> {
        let folder = folder(|name| env::var_os(name))
            .context("HOME is not set; say where the cache is with ML_CACHE")?;
        let folder = std::path::absolute(&folder)
            .with_context(|| format!("make {} absolute", folder.display()))?;
        Ok(Self { folder })
    }

    /// The cache in a given folder.
    #[cfg(test)]
    pub(crate) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file or folder in the cache.
    pub(crate) fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.join(path)
    }
}

fn folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name| variable(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("ML_CACHE")
        .or_else(|| Some(set("XDG_CACHE_HOME")?.join("ml")))
        .or_else(|| Some(set("HOME")?.join(".cache").join("ml")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(variables: &[(&str, &str)], expected: Option<&str>) {
        let variable = |name: &str| {
            let (_, value) = variables.iter().find(|(n, _)| *n == name)?;
            Some(OsString::from(value))
        };
        assert_eq!(folder(variable), expected.map(PathBuf::from));
    }

    #[test]
    fn the_most_specific_variable_wins() {
        let all = [("ML_CACHE", "/a"), ("XDG_CACHE_HOME", "/b"), ("HOME", "/c")];
        check(&all, Some("/a"));
        check(&all[1..], Some("/b/ml"));
        check(&all[2..], Some("/c/.cache/ml"));
        check(&[], None);
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        check(&[("ML_CACHE", ""), ("HOME", "/c")], Some("/c/.cache/ml"));
    }
}
