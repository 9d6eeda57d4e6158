//! `cargo xtask ci`: everything that must hold before a change is merged.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::backend::{BACKENDS, WIRED_IN};
use crate::cargo::cargo;
use crate::spoken;

/// A check: a Cargo command that anybody can repeat.
#[derive(Debug)]
struct Step {
    name: String,
    arguments: Vec<String>,
    /// What rustdoc is told; `RUSTFLAGS` is never set, for it would rebuild every dependency.
    rustdocflags: Option<&'static str>,
}

impl Step {
    fn new(name: impl Into<String>, arguments: &str) -> Self {
        Self {
            name: name.into(),
            arguments: arguments.split(' ').map(str::to_owned).collect(),
            rustdocflags: None,
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

pub(crate) fn run() -> Result<()> {
    let mut results = Vec::new();
    for step in steps() {
        let started = Instant::now();
        let outcome = perform(&step);
        results.push((step, outcome, started.elapsed()));
    }
    println!("\n{}", table(&results));
    let failed: Vec<_> = results
        .iter()
        .filter(|(_, outcome, _)| *outcome == Outcome::Failed)
        .map(|(step, ..)| step.name.as_str())
        .collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// All of them run, so that one run shows everything there is to mend.
fn steps() -> Vec<Step> {
    let mut steps = vec![
        Step::new("test", "xtask test"),
        Step::new("fmt", "fmt --all --check"),
        Step::new(
            "fmt outside",
            "fmt --manifest-path tests/outside/Cargo.toml --check",
        ),
        Step::new(
            "fmt peers",
            "fmt --manifest-path crates/backend-http/benches/peers/Cargo.toml --check",
        ),
        Step::new("clippy", "clippy --workspace --all-targets -- -D warnings"),
    ];
    let wired = WIRED_IN.join(" --package ");
    let alone = format!("clippy --package {wired} --all-targets --no-default-features");
    steps.push(Step::new(
        "clippy, no backend",
        &format!("{alone} -- -D warnings"),
    ));
    steps.extend(BACKENDS.iter().map(|backend| {
        let feature = backend.feature;
        let arguments = format!("{alone} --features {feature} -- -D warnings");
        Step::new(format!("clippy, only {feature}"), &arguments)
    }));
    steps.extend([
        Step {
            rustdocflags: Some("-D warnings"),
            ..Step::new("doc", "doc --workspace --no-deps")
        },
        Step::new("tidy", "xtask tidy"),
        Step::new("outside", "xtask outside"),
        Step::new("deny", "deny check bans licenses sources"),
    ]);
    steps
}

fn perform(step: &Step) -> Outcome {
    let mut command = cargo(&step.arguments);
    println!("\n== {}\n$ {}", step.name, spoken::command(&command));
    if step.arguments[0] == "deny" && !has_cargo_deny() {
        println!("cargo-deny is not installed; `cargo install --locked cargo-deny` installs it");
        return Outcome::Skipped;
    }
    if let Some(flags) = step.rustdocflags {
        command.env("RUSTDOCFLAGS", flags);
    }
    match command.status() {
        Ok(status) if status.success() => Outcome::Passed,
        Ok(_) => Outcome::Failed,
        Err(error) => {
            println!("cargo cannot be started: {error}");
            Outcome::Failed
        }
    }
}

fn has_cargo_deny() -> bool {
    let mut version = cargo(["deny", "--version"]);
    version.stdout(Stdio::null()).stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

fn table(results: &[(Step, Outcome, Duration)]) -> String {
    let row = |(step, outcome, elapsed): &(Step, Outcome, Duration)| {
        let outcome = match outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "FAILED",
            Outcome::Skipped => "not installed",
        };
        let elapsed = spoken::duration(*elapsed);
        format!("{:<20} {elapsed:>12}  {outcome}\n", step.name)
    };
    let total = results.iter().map(|(.., elapsed)| *elapsed).sum();
    let total = format!("{:<20} {:>12}", "total", spoken::duration(total));
    results.iter().map(row).chain([total]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_the_readmes_command() {
        let steps = steps();
        assert_eq!(steps[0].arguments.join(" "), "xtask test");
    }

    #[test]
    fn every_backend_is_checked_alone_and_so_is_none() {
        let lines: Vec<_> = steps()
            .iter()
            .map(|step| step.arguments.join(" "))
            .collect();
        let alone =
            "clippy --package ml-service --package ml-cli --all-targets --no-default-features";
        let mut expected = vec![format!("{alone} -- -D warnings")];
        for backend in BACKENDS {
            expected.push(format!(
                "{alone} --features {} -- -D warnings",
                backend.feature
            ));
        }
        for line in expected {
            assert!(lines.contains(&line), "{line} is not in {lines:#?}");
        }
    }

    #[test]
    fn no_argument_is_empty() {
        for step in steps() {
            assert!(step.arguments.iter().all(|a| !a.is_empty()), "{step:?}");
        }
    }

    #[test]
    fn the_table_names_what_failed_and_sums_the_times() {
        let results = [
            (
                Step::new("test", "xtask test"),
                Outcome::Passed,
                Duration::from_secs(61),
            ),
            (
                Step::new("deny", "deny check"),
                Outcome::Failed,
                Duration::from_secs(2),
            ),
        ];
        let table = table(&results);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines[0], "test                    1 min 1 s  passed");
        assert_eq!(lines[1], "deny                        2.0 s  FAILED");
        assert_eq!(lines[2], "total                   1 min 3 s");
    }
}
