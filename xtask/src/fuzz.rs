//! `cargo xtask fuzz`: bytes of all kinds for everything that reads files of models and their answers.

use std::fs;

use anyhow::{Context as _, Result, bail};
use toml::Table;

use crate::cargo;
use crate::setup::{self, Part};

/// Feeds the readers of model files and of answers with bytes that go where other bytes did not, and stops at the first
/// that makes one fail.
///
/// Needs cargo-fuzz. What reaches new code is kept in fuzz/corpus.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which readers; all without a name.
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// How long each is fed.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    seconds: u32,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask fuzz
  cargo xtask fuzz safetensors --seconds 600";

/// The workspace of the targets, from the root.
const FOLDER: &str = "fuzz";

pub(crate) fn run(args: &Args) -> Result<()> {
    let manifest = cargo::root().join(FOLDER).join("Cargo.toml");
    let text =
        fs::read_to_string(&manifest).with_context(|| format!("read {}", manifest.display()))?;
    let targets = chosen(targets(&text)?, &args.names)?;
    if !cargo::has("fuzz") {
        bail!("cargo-fuzz is not installed; `cargo install --locked cargo-fuzz` installs it");
    }
    setup::ensure(Part::MLX)?;
    for target in &targets {
        cargo::run(&mut cargo::cargo(plan(target, args.seconds)))?;
    }
    Ok(())
}

/// The arguments of `cargo`. Without a sanitizer, which stable Rust lacks: panics and aborts are found.
fn plan(target: &str, seconds: u32) -> Vec<String> {
    let time = format!("-max_total_time={seconds}");
    let words = [
        "fuzz",
        "run",
        "--fuzz-dir",
        FOLDER,
        "--sanitizer",
        "none",
        target,
    ];
    words
        .into_iter()
        .chain(["--", &time, "-rss_limit_mb=2048", "-timeout=10"])
        .map(str::to_owned)
        .collect()
}

/// The names of the programs in a manifest.
fn targets(manifest: &str) -> Result<Vec<String>> {
    let manifest: Table = manifest.parse().context("read the targets' manifest")?;
    let programs = manifest.get("bin").and_then(toml::Value::as_array);
    let names = programs.into_iter().flatten();
    Ok(names
        .filter_map(|program| Some(program.get("name")?.as_str()?.to_owned()))
        .collect())
}

/// Those of the targets that are named, or all.
fn chosen(targets: Vec<String>, names: &[String]) -> Result<Vec<String>> {
    if let Some(unknown) = names.iter().find(|name| !targets.contains(name)) {
        bail!(
            "nothing to feed is called {unknown}; there are: {}",
            targets.join(", ")
        );
    }
    if names.is_empty() {
        return Ok(targets);
    }
    Ok(names.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_of_the_manifest_are_the_targets() {
        let manifest = "[[bin]]\nname = \"a\"\n[[bin]]\nname = \"b\"\n";
        let all = targets(manifest).expect("it is a manifest");
        assert_eq!(all, ["a", "b"]);
        assert_eq!(chosen(all.clone(), &[]).expect("all"), all);
        let names = ["b".to_owned()];
        assert_eq!(chosen(all.clone(), &names).expect("it is there"), names);
        let error = chosen(all, &["c".to_owned()]).expect_err("there is no such target");
        assert!(error.to_string().ends_with("there are: a, b"), "{error}");
    }

    #[test]
    fn the_time_and_the_bounds_go_to_the_program() {
        assert_eq!(
            plan("config", 600).join(" "),
            "fuzz run --fuzz-dir fuzz --sanitizer none config -- \
             -max_total_time=600 -rss_limit_mb=2048 -timeout=10"
        );
    }
}
