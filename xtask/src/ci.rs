//! `cargo xtask ci`: everything that must hold before a change is merged.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::backend::{self, MLX_ON_CPU, WIRED_IN};
use crate::cargo::{cargo, has, metadata};
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

/// Workspaces beside ours, which none of our commands takes in.
const WORKSPACES: &[(&str, &str)] = &[
    ("outside", "tests/outside/Cargo.toml"),
    ("peers", "crates/backend-http/benches/peers/Cargo.toml"),
    ("fuzz", "fuzz/Cargo.toml"),
];

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

pub(crate) fn run() -> Result<()> {
    let mut results = Vec::new();
    for step in steps(&features(&metadata(&["--no-deps"])?)) {
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
fn steps(features: &[String]) -> Vec<Step> {
    let mut steps = vec![
        Step::new("test", "xtask test"),
        Step::new("fmt", "fmt --all --check"),
    ];
    steps.extend(WORKSPACES.iter().map(|(name, manifest)| {
        let arguments = format!("fmt --manifest-path {manifest} --check");
        Step::new(format!("fmt {name}"), &arguments)
    }));
    steps.extend([
        Step::new("clippy", "clippy --workspace --all-targets -- -D warnings"),
        Step {
            rustdocflags: Some("-D warnings"),
            ..Step::new("doc", "doc --workspace --no-deps")
        },
    ]);
    if MLX_ON_CPU {
        steps.extend(with_mlx());
    }
    steps.extend(single_features(features));
    steps.extend([
        Step::new("tidy", "xtask tidy"),
        Step::new("outside", "xtask outside"),
        Step::new("deny", "deny check bans licenses sources"),
    ]);
    steps
}

/// Where MLX is no default, what default features leave out. Only set-up builds `bindings`.
fn with_mlx() -> Vec<Step> {
    let features = backend::features_of(|_| true).join(" ");
    let lints = format!("{features} --features xtask/bindings -- -D warnings");
    vec![
        Step::new(
            "test, MLX left out",
            "xtask test -p backend-mlx --no-default-features",
        ),
        Step::new(
            "clippy, MLX",
            &format!("clippy --workspace --all-targets {lints}"),
        ),
        Step::new(
            "clippy, fuzz",
            "clippy --manifest-path fuzz/Cargo.toml --target-dir target -- -D warnings",
        ),
        Step {
            rustdocflags: Some("-D warnings"),
            ..Step::new(
                "doc, MLX",
                "doc --package backend-mlx --features cpu --no-deps",
            )
        },
    ]
}

/// Lints and tests of the crates that choose backends, with no feature and with every single one.
fn single_features(features: &[String]) -> Vec<Step> {
    let lint = format!(
        "clippy --package {} --all-targets --no-default-features",
        WIRED_IN.join(" --package ")
    );
    let test = format!(
        "xtask test -p {} --no-default-features",
        WIRED_IN.join(" -p ")
    );
    let mut steps = vec![
        Step::new("clippy, no feature", &format!("{lint} -- -D warnings")),
        Step::new("test, no feature", &test),
    ];
    for feature in features {
        let only = format!("--features {feature}");
        steps.push(Step::new(
            format!("clippy, only {feature}"),
            &format!("{lint} {only} -- -D warnings"),
        ));
        steps.push(Step::new(
            format!("test, only {feature}"),
            &format!("{test} {only}"),
        ));
    }
    steps
}

/// The features of the crates that choose backends, as `cargo metadata` lists them; less those for other systems.
fn features(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let mut features: Vec<_> = packages
        .iter()
        .filter(|package| WIRED_IN.iter().any(|wired| package["name"] == *wired))
        .filter_map(|package| package["features"].as_object())
        .flat_map(|features| features.keys().cloned())
        .filter(|feature| feature != "default" && (MLX_ON_CPU || feature != "mlx-cpu"))
        .collect();
    features.sort();
    features.dedup();
    features
}

fn perform(step: &Step) -> Outcome {
    let mut command = cargo(&step.arguments);
    println!("\n== {}\n$ {}", step.name, spoken::command(&command));
    if step.arguments[0] == "deny" && !has("deny") {
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
    use serde_json::json;

    use super::*;

    fn lines() -> Vec<String> {
        let features = ["http".to_owned(), "mlx".to_owned()];
        let steps = steps(&features);
        steps.iter().map(|step| step.arguments.join(" ")).collect()
    }

    #[test]
    fn the_first_step_is_the_readmes_command() {
        assert_eq!(lines()[0], "xtask test");
    }

    #[test]
    fn every_feature_is_checked_alone_and_so_is_none() {
        let lines = lines();
        let lint =
            "clippy --package ml-service --package ml-cli --all-targets --no-default-features";
        let test = "xtask test -p ml-service -p ml-cli --no-default-features";
        for only in ["", " --features http", " --features mlx"] {
            for line in [
                format!("{lint}{only} -- -D warnings"),
                format!("{test}{only}"),
            ] {
                assert!(lines.contains(&line), "{line} is not in {lines:#?}");
            }
        }
    }

    #[test]
    fn features_are_those_of_the_crates_that_choose_backends() {
        let metadata = json!({ "packages": [
            { "name": "ml-cli", "features": { "default": [], "mlx": [], "http": [] } },
            { "name": "ml-service", "features": { "http": [], "hub": [] } },
            { "name": "backend-mlx", "features": { "cpu": [] } },
        ]});
        assert_eq!(features(&metadata), ["http", "hub", "mlx"]);
    }

    #[test]
    fn no_argument_is_empty() {
        for line in lines() {
            assert!(!line.contains("  ") && !line.ends_with(' '), "{line:?}");
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
