//! `cargo xtask oracle`: goldens from other people's code, and comparisons with it.

mod comparison;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::cache::Cache;
use crate::setup::{self, Part};
use crate::{backend, cargo};

/// Writes the goldens anew that our tests compare with, from MLX's own Python, mlx-lm, transformers and gguf.
///
/// They are installed into the cache, once. The scripts are in xtask/oracle; its README says what they keep to.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only this script; may be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// Change nothing: compare what the scripts write with what is there, and run their long comparisons.
    #[arg(long)]
    check: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask oracle
  cargo xtask oracle --only templates
  cargo xtask oracle --check";

/// The folder of the scripts, from the root.
const SCRIPTS: &str = "xtask/oracle";

pub(crate) fn run(args: &Args) -> Result<()> {
    let scripts = chosen(scripts(&cargo::root().join(SCRIPTS))?, &args.only)?;
    let cache = setup::ensure(Part::ALL)?;
    let python = setup::oracle_python(&cache)?;
    let mut failed = Vec::new();
    let program = args.check.then(build).transpose()?;
    for script in &scripts {
        let oracle = Oracle {
            python: &python,
            cache: &cache,
            script,
        };
        let done = match &program {
            None => oracle.write(),
            Some(program) => oracle.check(program),
        };
        if let Err(error) = done {
            eprintln!("{}: {error:#}", name(script));
            failed.push(name(script));
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    println!("oracle: {} scripts, no problem", scripts.len());
    Ok(())
}

/// A script and what it runs with.
#[derive(Debug)]
struct Oracle<'a> {
    python: &'a Path,
    cache: &'a Cache,
    script: &'a Path,
}

impl Oracle<'_> {
    /// Writes the goldens into the repository.
    fn write(&self) -> Result<()> {
        cargo::run(&mut self.command(cargo::root()))
    }

    /// Writes the goldens elsewhere and compares them with those of the repository.
    fn check(&self, program: &Path) -> Result<()> {
        let elsewhere = cargo::target_folder()?
            .join("oracle")
            .join(name(self.script));
        setup::remove_folder(&elsewhere)?;
        fs::create_dir_all(&elsewhere)
            .with_context(|| format!("create {}", elsewhere.display()))?;
        let mut command = self.command(&elsewhere);
        command.env("ML_ORACLE_CHECK", "1").env("ML", program);
        cargo::run(&mut command)?;
        comparison::compare(&elsewhere, cargo::root())?;
        setup::remove_folder(&elsewhere)
    }

    fn command(&self, destination: &Path) -> Command {
        let mut python = Command::new(self.python);
        python.arg(self.script).arg(destination);
        python.current_dir(cargo::root());
        python.env("ML_CACHE", self.cache.folder());
        // No `__pycache__` in the repository, and no model from elsewhere than the cache.
        python.env("PYTHONDONTWRITEBYTECODE", "1");
        python.env("HF_HUB_OFFLINE", "1");
        python
    }
}

/// Builds `ml` with MLX, as far as what is compared needs it, and returns where it is.
fn build() -> Result<PathBuf> {
    let mlx = backend::find("mlx").expect("it is in the table");
    let mut build = cargo::cargo(["build", "--package", "ml-cli", "--bin", "ml"]);
    build.args(["--no-default-features", "--features", mlx.feature]);
    cargo::run(&mut build)?;
    Ok(cargo::target_folder()?.join("debug").join("ml"))
}

/// The scripts in a folder, in order of their names.
fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
    let mut scripts = Vec::new();
    for entry in entries {
        let path = entry.context("list the scripts")?.path();
        if path.extension().is_some_and(|e| e == "py") && !name(&path).starts_with('_') {
            scripts.push(path);
        }
    }
    scripts.sort();
    Ok(scripts)
}

/// Those of the scripts that are named, or all.
fn chosen(scripts: Vec<PathBuf>, only: &[String]) -> Result<Vec<PathBuf>> {
    let names: Vec<_> = scripts.iter().map(|script| name(script)).collect();
    if let Some(unknown) = only.iter().find(|wanted| !names.contains(wanted)) {
        bail!(
            "no oracle is called {unknown}; there are: {}",
            names.join(", ")
        );
    }
    let wanted = |script: &PathBuf| only.is_empty() || only.contains(&name(script));
    Ok(scripts.into_iter().filter(wanted).collect())
}

/// The name of a script.
fn name(script: &Path) -> String {
    let stem = script.file_stem().unwrap_or(script.as_os_str());
    stem.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for file in ["b.py", "a.py", "_shared.py", "README.md"] {
            fs::write(folder.path().join(file), "").expect("written");
        }
        folder
    }

    #[test]
    fn every_script_is_run_unless_some_are_named() {
        let folder = folder();
        let all = scripts(folder.path()).expect("it can be listed");
        let names = |only: &[&str]| -> Vec<_> {
            let only: Vec<_> = only.iter().map(|&name| name.to_owned()).collect();
            let chosen = chosen(all.clone(), &only).expect("they are there");
            chosen.iter().map(|script| name(script)).collect()
        };
        assert_eq!(names(&[]), ["a", "b"]);
        assert_eq!(names(&["b"]), ["b"]);
    }

    #[test]
    fn a_wrong_name_gets_the_right_ones() {
        let folder = folder();
        let all = scripts(folder.path()).expect("it can be listed");
        let error = chosen(all, &["c".to_owned()]).expect_err("there is no such script");
        assert_eq!(error.to_string(), "no oracle is called c; there are: a, b");
    }
}
