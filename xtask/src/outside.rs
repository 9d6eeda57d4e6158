//! `cargo xtask outside`: our crates as somebody else's dependencies, and each crate alone.

mod server;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use self::server::Server;
use crate::backend::{self, BACKENDS, Backend};
use crate::cache::Cache;
use crate::setup::Part;
use crate::{cargo, setup, spoken};

/// The workspace that is not ours, from the root.
const OUTSIDE: &str = "tests/outside";

/// What the answer to its question contains.
const EXPECTED: &str = "Paris";

pub(crate) fn run() -> Result<()> {
    let cache = setup::ensure(Part::ALL)?;
    for backend in BACKENDS {
        swap_in(backend, &cache).with_context(|| format!("with the backend {}", backend.name))?;
    }
    // One after the other: a build of all of them would give each crate the features that another one asks for.
    for package in packages()? {
        let check = || cargo::cargo(["check", "--package", package.as_str()]);
        cargo::run(&mut check())?;
        let features = backend::features_of(|chosen| chosen == package);
        if !features.is_empty() {
            cargo::run(check().args(features))?;
        }
    }
    Ok(())
}

/// Builds the outside program with this backend alone, runs it on a real model, and looks at its answer.
fn swap_in(backend: &Backend, cache: &Cache) -> Result<()> {
    share_lock_file()?;
    let target = cargo::target_folder()?;
    cargo::run(&mut cargo::cargo(plan(backend, &target)))?;

    let server = match backend.name {
        "http" => Some(Server::start(cache)?),
        _ => None,
    };
    let model = match &server {
        Some(server) => OsString::from(server.url()),
        None => setup::model(cache).into_os_string(),
    };
    let mut program = Command::new(target.join("debug").join("outside"));
    program.arg(model);
    program.env("LLAMA_SERVER", setup::llama_server(cache));
    println!("$ {}", spoken::command(&program));
    let output = program
        .stderr(Stdio::inherit())
        .output()
        .context("start it")?;
    let answer = String::from_utf8_lossy(&output.stdout);
    print!("{answer}");
    if !output.status.success() {
        bail!("the outside program failed ({})", output.status);
    }
    if !answer.contains(EXPECTED) {
        bail!("the outside program's answer lacks {EXPECTED:?}");
    }
    Ok(())
}

/// Gives the outside workspace our lock file, so that what is built already is not built again in another version.
fn share_lock_file() -> Result<()> {
    let ours = cargo::root().join("Cargo.lock");
    let theirs = cargo::root().join(OUTSIDE).join("Cargo.lock");
    fs::copy(&ours, &theirs).with_context(|| format!("copy Cargo.lock to {}", theirs.display()))?;
    Ok(())
}

/// The arguments of `cargo`.
fn plan(backend: &Backend, target: &Path) -> Vec<OsString> {
    let mut plan: Vec<OsString> = ["build", "--manifest-path"].map(OsString::from).into();
    plan.push(format!("{OUTSIDE}/Cargo.toml").into());
    plan.extend(["--features", backend.name, "--target-dir"].map(OsString::from));
    plan.push(target.into());
    plan
}

/// Our crates, xtask aside: nobody depends on it.
fn packages() -> Result<Vec<String>> {
    let metadata = cargo::metadata(&["--no-deps"])?;
    let packages = metadata["packages"]
        .as_array()
        .context("`cargo metadata` lists no packages")?;
    let names = packages
        .iter()
        .filter_map(|package| package["name"].as_str());
    Ok(names
        .filter(|name| *name != "xtask")
        .map(str::to_owned)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_backend_is_built_into_the_shared_target_folder() {
        let plan = plan(&BACKENDS[0], Path::new("/t"));
        let words: Vec<_> = plan.iter().map(|word| word.to_string_lossy()).collect();
        assert_eq!(
            words.join(" "),
            "build --manifest-path tests/outside/Cargo.toml --features http --target-dir /t"
        );
    }
}
