//! llama-server in one commit, built from source, and the chat templates that come with it.
//!
//! Tests use this one and never the one on `PATH`: what they record and compare depends on the version.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context as _, Result, bail};

use super::pinned::{Form, Pinned};
use super::{pip, remove_folder};
use crate::cache::Cache;
use crate::watch;

pub(super) const SOURCE: &str = "source of llama-server (77 MB)";
pub(super) const WHAT: &str = "build of llama-server 0c1e57098 (3 to 5 minutes on two cores)";

const COMMIT: &str = "0c1e57098";
const NAME: &str = "llama-server-0c1e57098";

/// The folder in the cache of the chat templates in the sources, those of many models' makers.
const TEMPLATES: &str = "templates-0c1e57098";

/// The package that carries llama.cpp in its `vendor` folder.
const PACKAGE: Pinned = Pinned {
    package: "llama-cpp-python",
    version: "0.3.36",
    form: Form::Source,
    file: "llama_cpp_python-0.3.36.tar.gz",
    sha256: "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e",
};

/// Where llama.cpp is in the package.
const VENDORED: &str = "llama_cpp_python-0.3.36/vendor/llama.cpp";

/// How it is built, beside the folders.
const OPTIONS: &[&str] = &[
    "CMAKE_BUILD_TYPE=Release",
    // Half the build time of -O3, for 5 to 12 % of the speed. The kernels are C and keep their -O3.
    "CMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG",
    "BUILD_SHARED_LIBS=OFF",
    // The code for this very processor crashes on machines that advertise AMX and do not permit it.
    "GGML_NATIVE=OFF",
    // Hosted Macs have no usable GPU, and all machines should give the same numbers.
    "GGML_METAL=OFF",
    "LLAMA_OPENSSL=OFF",
    "LLAMA_BUILD_UI=OFF",
    "LLAMA_USE_PREBUILT_UI=OFF",
    "LLAMA_BUILD_TESTS=OFF",
    "LLAMA_BUILD_EXAMPLES=OFF",
    "LLAMA_BUILD_APP=OFF",
    // Unset, they are taken from whatever repository encloses the build folder.
    "LLAMA_BUILD_NUMBER=1",
    "LLAMA_BUILD_COMMIT=0c1e57098",
];

/// Where the server is in a filled cache.
pub(crate) fn binary(cache: &Cache) -> PathBuf {
    cache.join("bin").join(NAME)
}

/// The name without the commit, for a person's `PATH`.
fn link(cache: &Cache) -> PathBuf {
    cache.join("bin").join("llama-server")
}

/// Why the server cannot be used, if so.
pub(super) fn fault(cache: &Cache) -> Option<String> {
    let binary = binary(cache);
    if let Err(error) = is_the_pinned_one(&binary) {
        return Some(format!("{error:#}"));
    }
    let templates = cache.join(TEMPLATES);
    if !templates.is_dir() {
        return Some(format!("there is no folder {}", templates.display()));
    }
    let link = link(cache);
    match fs::read_link(&link) {
        Ok(target) if target == Path::new(NAME) => None,
        _ => Some(format!("{} is no link to {NAME}", link.display())),
    }
}

fn is_the_pinned_one(binary: &Path) -> Result<()> {
    let output = Command::new(binary)
        .arg("--version")
        .output()
        .with_context(|| format!("run {}", binary.display()))?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    if !output.status.success() || !said.contains(COMMIT) {
        bail!(
            "{} is not of commit {COMMIT}: it says {:?}",
            binary.display(),
            said.trim()
        );
    }
    Ok(())
}

/// Downloads the package.
pub(super) fn download(cache: &Cache) -> Result<()> {
    PACKAGE.download(cache).map(drop)
}

/// Unpacks the package and builds the server, as far as they are missing.
///
/// Everything happens in the cache's `build` folder; what is finished and tried is moved in one step.
pub(super) fn build(cache: &Cache) -> Result<()> {
    let (binary, templates) = (binary(cache), cache.join(TEMPLATES));
    fs::create_dir_all(cache.join("bin")).context("create the folder for binaries")?;
    let has_binary = is_the_pinned_one(&binary).is_ok();
    if !has_binary || !templates.is_dir() {
        let folder = cache.join("build");
        remove_folder(&folder)?;
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        watch::run(&mut unpack(cache, &folder))?;
        if !has_binary {
            watch::run(&mut configure(cache, &folder))?;
            watch::run(&mut compile(cache, &folder))?;
            let built = folder.join("out/bin/llama-server");
            is_the_pinned_one(&built)?;
            put(&built, &binary)?;
        }
        remove_folder(&templates)?;
        put(&folder.join(VENDORED).join("models/templates"), &templates)?;
        remove_folder(&folder)?;
    }
    let link = link(cache);
    relink(Path::new(NAME), &link).with_context(|| format!("link {}", link.display()))
}

fn put(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).with_context(|| format!("move it to {}", to.display()))
}

fn unpack(cache: &Cache, folder: &Path) -> Command {
    let mut tar = Command::new("tar");
    tar.arg("-xzf")
        .arg(cache.join("downloads").join(PACKAGE.file));
    tar.arg("-C").arg(folder).arg(VENDORED);
    tar
}

fn configure(cache: &Cache, folder: &Path) -> Command {
    let mut cmake = Command::new(pip::TOOLS.program(cache, "cmake"));
    cmake.arg("-S").arg(folder.join(VENDORED));
    cmake.arg("-B").arg(folder.join("out"));
    cmake.args(["-G", "Ninja"]);
    let ninja = pip::TOOLS.program(cache, "ninja");
    cmake.arg(format!("-DCMAKE_MAKE_PROGRAM={}", ninja.display()));
    cmake.args(OPTIONS.iter().map(|option| format!("-D{option}")));
    if cfg!(target_os = "linux") {
        // Without symbols it is a third of the size.
        cmake.arg("-DCMAKE_EXE_LINKER_FLAGS=-s");
    }
    cmake
}

fn compile(cache: &Cache, folder: &Path) -> Command {
    let mut cmake = Command::new(pip::TOOLS.program(cache, "cmake"));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    cmake.arg("--build").arg(folder.join("out"));
    cmake.args(["--target", "llama-server", "--parallel", &cores.to_string()]);
    cmake
}

/// Makes or replaces a symbolic link in one step.
fn relink(target: &Path, link: &Path) -> io::Result<()> {
    let new = link.with_extension("new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::os::unix::fs::symlink(target, &new)?;
    fs::rename(&new, link)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn cache_with_server(folder: &Path, says: &str) -> Cache {
        let cache = Cache::at(folder);
        fs::create_dir(cache.join("bin")).expect("created");
        let script = format!("#!/bin/sh\necho 'version: 1 ({says})' >&2\n");
        fs::write(binary(&cache), script).expect("written");
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(binary(&cache), executable).expect("made executable");
        fs::create_dir(cache.join(TEMPLATES)).expect("created");
        cache
    }

    #[test]
    fn a_server_of_another_commit_is_a_fault() {
        let folder = tempfile::tempdir().expect("a folder");
        let fault = fault(&cache_with_server(folder.path(), "abcdef"));
        assert!(
            fault.as_deref().is_some_and(|f| f.contains("abcdef")),
            "{fault:?}"
        );
    }

    #[test]
    fn missing_templates_are_a_fault() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = cache_with_server(folder.path(), COMMIT);
        fs::remove_dir(cache.join(TEMPLATES)).expect("removed");
        let fault = fault(&cache).expect("a fault");
        assert!(fault.contains(TEMPLATES), "{fault}");
    }

    #[test]
    fn a_missing_link_is_a_fault_that_needs_no_build() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = cache_with_server(folder.path(), COMMIT);
        assert!(fault(&cache).is_some());
        build(&cache).expect("there is nothing to build");
        assert_eq!(fault(&cache), None);
    }

    #[test]
    fn a_link_to_an_older_server_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = cache_with_server(folder.path(), COMMIT);
        std::os::unix::fs::symlink("llama-server-old", link(&cache)).expect("linked");
        assert!(fault(&cache).is_some());
        build(&cache).expect("there is nothing to build");
        assert_eq!(fault(&cache), None);
    }

    #[test]
    fn names_and_options_agree_on_the_commit() {
        assert!(NAME.ends_with(COMMIT));
        assert!(TEMPLATES.ends_with(COMMIT));
        assert!(WHAT.contains(COMMIT));
        assert!(OPTIONS.contains(&format!("LLAMA_BUILD_COMMIT={COMMIT}").as_str()));
    }

    #[test]
    fn the_configuration_names_its_folders_and_ninja() {
        let command = configure(&Cache::at(Path::new("/c")), Path::new("/c/build"));
        let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
        let line = arguments.join(" ");
        assert!(
            line.starts_with(
                "-S /c/build/llama_cpp_python-0.3.36/vendor/llama.cpp -B /c/build/out"
            ),
            "{line}"
        );
        assert!(
            line.contains("-DCMAKE_MAKE_PROGRAM=/c/venv/bin/ninja"),
            "{line}"
        );
        assert!(line.contains("-DGGML_NATIVE=OFF"), "{line}");
    }
}
