//! Python's pip and the build tools that come through it, in a virtual environment of the cache.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::remove_folder;
use crate::cache::Cache;
use crate::watch;

const REQUIREMENTS: &str = include_str!("../../requirements.txt");

/// Makes the environment, unless it is complete.
pub(super) fn provide(cache: &Cache) -> Result<()> {
    if complete(cache) {
        return Ok(());
    }
    let folder = folder(cache);
    remove_folder(&folder)?;
    let mut python = Command::new("python3");
    watch::run(python.args(["-m", "venv"]).arg(&folder))?;
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS)
        .with_context(|| format!("write {}", requirements.display()))?;
    let install = [
        "install",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
    ];
    run(
        cache,
        install
            .map(OsStr::new)
            .into_iter()
            .chain(["--requirement".as_ref(), requirements.as_os_str()]),
    )?;
    let stamp = stamp(cache);
    fs::write(&stamp, REQUIREMENTS).with_context(|| format!("write {}", stamp.display()))
}

/// Runs the environment's pip.
pub(super) fn run<'a>(cache: &Cache, arguments: impl IntoIterator<Item = &'a OsStr>) -> Result<()> {
    let mut pip = Command::new(program(cache, "python"));
    pip.args(["-m", "pip", "--disable-pip-version-check"]);
    watch::run(pip.args(arguments))
}

/// A program of the environment.
pub(super) fn program(cache: &Cache, name: &str) -> PathBuf {
    folder(cache).join("bin").join(name)
}

fn folder(cache: &Cache) -> PathBuf {
    cache.join("venv")
}

/// Written last, with the requirements that were installed: an interrupted installation has none.
fn stamp(cache: &Cache) -> PathBuf {
    folder(cache).join("complete.txt")
}

/// Whether the right tools are installed and the Python beneath them is still there.
fn complete(cache: &Cache) -> bool {
    let installed = fs::read_to_string(stamp(cache)).is_ok_and(|s| s == REQUIREMENTS);
    installed
        && Command::new(program(cache, "python"))
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_is_pinned_by_version_and_hash() {
        let lines = REQUIREMENTS.replace("\\\n", "");
        let packages: Vec<_> = lines
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        assert!(packages.len() > 3, "{packages:?}");
        for package in packages {
            assert!(package.contains("=="), "{package}");
            assert!(package.contains("--hash=sha256:"), "{package}");
        }
    }

    #[test]
    fn an_unfinished_environment_is_not_complete() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path());
        assert!(!complete(&cache));
        fs::create_dir(cache.join("venv")).expect("created");
        assert!(!complete(&cache));
        fs::write(stamp(&cache), REQUIREMENTS).expect("written");
        assert!(!complete(&cache), "there is no Python");
    }
}
