//! `cargo xtask test`: the tests of the workspace, and how many there were.

use std::env;
use std::io::{self, Read as _};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::backend::{self, Backend};
use crate::cargo::cargo;
use crate::setup::{self, Part};
use crate::spoken;
use crate::tally::Tally;

/// Runs unit tests, integration tests and doctests with `cargo test`, after filling the cache where it lacks something.
///
/// The last line of the output is `N passed, N failed`.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only this crate; may be given several times.
    #[arg(short, long = "package", value_name = "CRATE")]
    packages: Vec<String>,

    /// Only this backend: its crate, and the crates that wire it in with no other backend.
    #[arg(long, value_name = "BACKEND", value_parser = backend::find, conflicts_with = "packages")]
    backend: Option<&'static Backend>,

    /// Handed to `cargo test` as they are: a filter, `--test it`, `--doc`, `--release`.
    ///
    /// MLX is built in as it runs on this system, unless there is `--no-default-features` among them.
    #[arg(value_name = "ARGS", allow_hyphen_values = true)]
    extra: Vec<String>,

    /// Handed to the test binaries.
    #[arg(last = true, value_name = "TEST_ARGS")]
    harness: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask test
  cargo xtask test -p inference-core -p openai-wire
  cargo xtask test -p backend-http retry
  cargo xtask test --backend llama
  cargo xtask test -p backend-llama --test it -- --nocapture";

pub(crate) fn run(args: &Args) -> Result<()> {
    let cache = setup::ensure(Part::ALL)?;
    let mut command = cargo(plan(args));
    if env::var_os("ML_CACHE").is_some() {
        // Tests run in the folders of their crates, where a relative path would lead elsewhere.
        command.env("ML_CACHE", cache.folder());
    }
    let line = spoken::command(&command);
    println!("$ {line}");
    let mut tally = Tally::default();
    let passed = stream(&mut command, &mut tally, &mut io::stdout().lock())
        .with_context(|| format!("run `{line}`"))?;
    println!("\n{tally}");
    if !passed {
        bail!("`{line}` failed");
    }
    Ok(())
}

/// The arguments of `cargo`.
fn plan(args: &Args) -> Vec<String> {
    let mut plan = vec!["test".to_owned(), "--no-fail-fast".to_owned()];
    plan.extend(match args.backend {
        Some(backend) => alone(backend),
        None => selection(args),
    });
    plan.extend(args.extra.iter().cloned());
    if !args.harness.is_empty() {
        plan.push("--".to_owned());
        plan.extend(args.harness.iter().cloned());
    }
    plan
}

/// A backend's crate, and those that wire it in, with no other backend.
fn alone(backend: &Backend) -> Vec<String> {
    let mut words = vec!["--package".to_owned(), backend.package.to_owned()];
    for wired in backend::WIRED_IN {
        words.extend(["--package".to_owned(), (*wired).to_owned()]);
    }
    words.push("--no-default-features".to_owned());
    for wired in backend::WIRED_IN {
        words.extend([
            "--features".to_owned(),
            format!("{wired}/{}", backend.feature),
        ]);
    }
    words
}

/// The chosen crates, or all, with MLX as it runs on this system.
fn selection(args: &Args) -> Vec<String> {
    let mut words: Vec<_> = args
        .packages
        .iter()
        .flat_map(|package| ["--package".to_owned(), package.clone()])
        .collect();
    if words.is_empty() {
        words.push("--workspace".to_owned());
    }
    if !args
        .extra
        .iter()
        .any(|word| word == "--no-default-features")
    {
        let all = args.packages.is_empty();
        let chosen = |package: &str| all || args.packages.iter().any(|p| p == package);
        words.extend(backend::features_of(chosen));
    }
    words
}

/// Runs the command, copies its standard output to the terminal as it comes, and tells whether it succeeded.
fn stream(
    command: &mut Command,
    tally: &mut Tally,
    terminal: &mut dyn io::Write,
) -> io::Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut output = child.stdout.take().expect("standard output is piped");
    let mut buffer = [0; 8192];
    loop {
        let read = output.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        tally.feed(&buffer[..read]);
        terminal.write_all(&buffer[..read])?;
        terminal.flush()?;
    }
    Ok(child.wait()?.success())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let words = std::iter::once("test").chain(line.split_whitespace());
        let cli = Cli::try_parse_from(words).expect("the line is well-formed");
        assert_eq!(plan(&cli.args).join(" "), expected);
    }

    /// What follows the crates.
    fn mlx(chosen: impl Fn(&str) -> bool) -> String {
        let features = backend::features_of(chosen).join(" ");
        let space = if features.is_empty() { "" } else { " " };
        format!("{space}{features}")
    }

    #[test]
    fn by_default_the_whole_workspace() {
        check(
            "",
            &format!("test --no-fail-fast --workspace{}", mlx(|_| true)),
        );
    }

    #[test]
    fn mlx_is_tested_as_it_runs_here_unless_features_are_chosen() {
        check(
            "-p ml-cli -p other",
            &format!(
                "test --no-fail-fast --package ml-cli --package other{}",
                mlx(|package| package == "ml-cli")
            ),
        );
        check(
            "-p ml-cli --no-default-features --features mlx",
            "test --no-fail-fast --package ml-cli --no-default-features --features mlx",
        );
    }

    #[test]
    fn packages_and_what_follows_go_to_cargo() {
        check(
            "-p one --package two retry --lib",
            "test --no-fail-fast --package one --package two retry --lib",
        );
    }

    #[test]
    fn what_follows_two_dashes_goes_to_the_test_binaries() {
        check(
            "-p one --test it -- --nocapture",
            "test --no-fail-fast --package one --test it -- --nocapture",
        );
        check(
            "-- --nocapture",
            &format!(
                "test --no-fail-fast --workspace{} -- --nocapture",
                mlx(|_| true)
            ),
        );
    }

    #[test]
    fn a_backend_is_tested_with_no_other_beside_it() {
        check(
            "--backend http retry",
            "test --no-fail-fast --package backend-http --package ml-service --package ml-cli \
             --no-default-features --features ml-service/http --features ml-cli/http retry",
        );
    }

    #[test]
    fn output_is_copied_and_counted() {
        let (mut tally, mut copy) = (Tally::default(), Vec::new());
        let mut command = Command::new("printf");
        command.arg("running\ntest result: ok. 2 passed; 0 failed;\n");
        assert!(stream(&mut command, &mut tally, &mut copy).expect("printf runs"));
        assert_eq!(copy, b"running\ntest result: ok. 2 passed; 0 failed;\n");
        assert_eq!(tally.to_string(), "2 passed, 0 failed");
    }

    #[test]
    fn failure_is_seen() {
        let mut command = Command::new("false");
        let passed = stream(&mut command, &mut Tally::default(), &mut io::sink());
        assert!(!passed.expect("false runs"));
    }
}
