//! Prometheus' own checker of metrics: the system's, or out of Debian's package, which is not installed for it.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::remove_folder;
use super::system::succeeds;
use crate::cache::Cache;
use crate::watch;

pub(super) const WHAT: &str = "promtool of Prometheus (48 MB)";

/// Debian's package, and where the program is in it.
const PACKAGE: &str = "prometheus";
const PACKED: &str = "usr/bin/promtool";

/// Where tests find the program in a filled cache.
fn program(cache: &Cache) -> PathBuf {
    cache.join("bin").join("promtool")
}

fn runs(program: &Path) -> bool {
    program
        .to_str()
        .is_some_and(|program| succeeds(program, &["--version"]))
}

/// Why promtool cannot be used, if so.
pub(super) fn fault(cache: &Cache) -> Option<String> {
    let program = program(cache);
    (!runs(&program)).then(|| format!("{} does not run", program.display()))
}

/// Links the promtool on `PATH`, else takes it out of Debian's package.
///
/// # Errors
/// There is none, and the system has no packages of Debian's kind; or the package cannot be had.
pub(super) fn provide(cache: &Cache) -> Result<()> {
    let program = program(cache);
    fs::create_dir_all(cache.join("bin")).context("create the folder for binaries")?;
    if let Err(error) = fs::remove_file(&program)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error).with_context(|| format!("remove {}", program.display()));
    }
    if let Some(installed) = on_path() {
        return std::os::unix::fs::symlink(&installed, &program)
            .with_context(|| format!("link {}", installed.display()));
    }
    if !succeeds("apt-get", &["--version"]) {
        bail!(
            "promtool must be installed first; it comes with Prometheus (`brew install prometheus`)"
        );
    }
    let folder = cache.join("build");
    remove_folder(&folder)?;
    unpack(&folder)?;
    fs::rename(folder.join(PACKED), &program)
        .with_context(|| format!("move it to {}", program.display()))?;
    remove_folder(&folder)
}

fn on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut candidates = env::split_paths(&path).map(|folder| folder.join("promtool"));
    candidates.find(|candidate| candidate.is_file())
}

/// Downloads the package and unpacks it into a folder. The lists of packages are the folder's own, so that nobody has
/// to be root, and the system is left as it is.
fn unpack(folder: &Path) -> Result<()> {
    for part in ["lists/partial", "archives/partial"] {
        let part = folder.join(part);
        fs::create_dir_all(&part).with_context(|| format!("create {}", part.display()))?;
    }
    watch::run(apt(folder).arg("update"))?;
    watch::run(apt(folder).args(["download", PACKAGE]))?;
    let mut entries = fs::read_dir(folder).context("list the downloads")?;
    let package = entries
        .find_map(|entry| {
            let path = entry.ok()?.path();
            (path.extension()? == "deb").then_some(path)
        })
        .with_context(|| format!("apt-get has downloaded no {PACKAGE}"))?;
    watch::run(
        Command::new("dpkg-deb")
            .arg("--extract")
            .args([&package, folder]),
    )
}

fn apt(folder: &Path) -> Command {
    let mut command = Command::new("apt-get");
    command.current_dir(folder).arg("--quiet");
    for (option, value) in [
        ("Dir::State::Lists", folder.join("lists").into_os_string()),
        ("Dir::Cache", folder.as_os_str().to_owned()),
        // The folder is under the cache's lock already, and need not be readable by apt's own user.
        ("Debug::NoLocking", "true".into()),
        ("APT::Sandbox::User", "".into()),
    ] {
        let mut setting = std::ffi::OsString::from(option);
        setting.push("=");
        setting.push(value);
        command.arg("--option").arg(setting);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_system_is_written_by_apt() {
        let command = apt(Path::new("/cache/build"));
        let arguments: Vec<_> = command.get_args().filter_map(|one| one.to_str()).collect();
        assert!(arguments.contains(&"Dir::State::Lists=/cache/build/lists"));
        assert!(arguments.contains(&"Dir::Cache=/cache/build"));
    }

    #[test]
    fn an_empty_cache_has_no_promtool() {
        let folder = tempfile::tempdir().expect("a folder");
        let fault = fault(&Cache::at(folder.path())).expect("it is not there");
        assert!(fault.contains("promtool"), "{fault}");
    }
}
