//! Virtual environments of Python in the cache, and their pip.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::remove_folder;
use crate::cache::Cache;
use crate::watch;

/// A virtual environment with what is installed in it.
#[derive(Debug)]
pub(super) struct Environment {
    /// Its folder in the cache.
    folder: &'static str,
    /// What is installed, as a requirements file.
    requirements: &'static str,
    /// How, beside the requirements.
    options: &'static [&'static str],
}

/// The build tools, and the pip that downloads what is pinned.
pub(super) const TOOLS: Environment = Environment {
    folder: "venv",
    requirements: include_str!("../../requirements.txt"),
    options: &["--no-deps", "--require-hashes", "--only-binary", ":all:"],
};

/// What the oracles are made of.
pub(super) const ORACLE: Environment = Environment {
    folder: "oracle",
    requirements: include_str!("../../oracle/requirements.txt"),
    options: &["--no-deps", "--only-binary", ":all:"],
};

/// Inspect AI, which a benchmark measures beside ours.
pub(super) const INSPECT: Environment = Environment {
    folder: "inspect",
    requirements: include_str!("../../inspect/requirements.txt"),
    options: ORACLE.options,
};

/// Other people's clients, which tests try on our servers.
pub(super) const CLIENTS: Environment = Environment {
    folder: "clients",
    requirements: include_str!("../../clients/requirements.txt"),
    options: ORACLE.options,
};

impl Environment {
    /// Makes the environment, unless it is complete.
    pub(super) fn provide(&self, cache: &Cache) -> Result<()> {
        if self.is_complete(cache) {
            return Ok(());
        }
        let folder = cache.join(self.folder);
        remove_folder(&folder)?;
        let mut python = Command::new("python3");
        watch::run(python.args(["-m", "venv"]).arg(&folder))?;
        let requirements = folder.join("requirements.txt");
        fs::write(&requirements, self.requirements)
            .with_context(|| format!("write {}", requirements.display()))?;
        let options = self.options.iter().map(OsStr::new);
        let install = std::iter::once("install".as_ref()).chain(options);
        self.pip(
            cache,
            install.chain(["--requirement".as_ref(), requirements.as_os_str()]),
        )?;
        let stamp = self.stamp(cache);
        fs::write(&stamp, self.requirements).with_context(|| format!("write {}", stamp.display()))
    }

    /// Runs the environment's pip.
    pub(super) fn pip<'a>(
        &self,
        cache: &Cache,
        arguments: impl IntoIterator<Item = &'a OsStr>,
    ) -> Result<()> {
        let mut pip = Command::new(self.program(cache, "python"));
        pip.args(["-m", "pip", "--disable-pip-version-check"]);
        watch::run(pip.args(arguments))
    }

    /// A program of the environment.
    pub(super) fn program(&self, cache: &Cache, name: &str) -> PathBuf {
        cache.join(self.folder).join("bin").join(name)
    }

    /// Written last, with the requirements that were installed: an interrupted installation has none.
    fn stamp(&self, cache: &Cache) -> PathBuf {
        cache.join(self.folder).join("complete.txt")
    }

    /// Why the environment cannot be used as it is, if so.
    pub(super) fn fault(&self, cache: &Cache) -> Option<String> {
        let folder = cache.join(self.folder);
        let fault = || format!("{} is not complete", folder.display());
        (!self.is_complete(cache)).then(fault)
    }

    /// Whether the right packages are installed and the Python beneath them is still there.
    pub(super) fn is_complete(&self, cache: &Cache) -> bool {
        let installed = fs::read_to_string(self.stamp(cache)).is_ok_and(|s| s == self.requirements);
        installed
            && Command::new(self.program(cache, "python"))
                .arg("--version")
                .output()
                .is_ok_and(|output| output.status.success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages(environment: &Environment) -> Vec<String> {
        let lines = environment.requirements.replace("\\\n", "");
        let packages = lines
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        packages.map(str::to_owned).collect()
    }

    #[test]
    fn every_package_is_pinned_and_every_tool_by_hash() {
        for environment in [TOOLS, ORACLE, INSPECT, CLIENTS] {
            let packages = packages(&environment);
            assert!(packages.len() > 3, "{packages:?}");
            for package in packages {
                assert!(package.contains("=="), "{package}");
            }
        }
        for package in packages(&TOOLS) {
            assert!(package.contains("--hash=sha256:"), "{package}");
        }
    }

    #[test]
    fn an_unfinished_environment_is_not_complete() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path());
        assert!(!TOOLS.is_complete(&cache));
        fs::create_dir(cache.join("venv")).expect("created");
        assert!(!TOOLS.is_complete(&cache));
        fs::write(TOOLS.stamp(&cache), TOOLS.requirements).expect("written");
        assert!(!TOOLS.is_complete(&cache), "there is no Python");
    }
}
