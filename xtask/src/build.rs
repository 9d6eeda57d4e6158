//! `cargo xtask build`: the binary `ml` with chosen backends.

use anyhow::Result;

use crate::backend;
use crate::cargo;
use crate::setup::{self, Part};

/// Builds the binary `ml`.
///
/// With `mlx` on Linux it runs on this machine alone, where set-up has put MLX.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The features to build in, in place of the default ones; an empty list for none. `mlx` is MLX as it runs here.
    #[arg(long, value_name = "FEATURES", value_delimiter = ',')]
    features: Option<Vec<String>>,

    /// Optimised, as it is meant to be used.
    #[arg(long)]
    release: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask build --release
  cargo xtask build --features llama
  cargo xtask build --features http,llama --release
  cargo xtask build --features ''";

pub(crate) fn run(args: &Args) -> Result<()> {
    if needs_mlx(args) {
        setup::ensure(Part::MLX)?;
    }
    cargo::run(&mut cargo::cargo(plan(args)))?;
    let profile = if args.release { "release" } else { "debug" };
    let binary = cargo::target_folder()?.join(profile).join("ml");
    println!("{}", binary.display());
    Ok(())
}

fn needs_mlx(args: &Args) -> bool {
    let chosen = |features: &Vec<String>| features.iter().any(|f| f == "mlx" || f == "mlx-cpu");
    args.features.as_ref().is_none_or(chosen)
}

/// The arguments of `cargo`.
fn plan(args: &Args) -> Vec<String> {
    let mut plan: Vec<_> = ["build", "--package", "ml-cli", "--bin", "ml"]
        .map(str::to_owned)
        .into();
    match &args.features {
        None => plan.extend(backend::features_of(|package| package == "ml-cli")),
        Some(features) => {
            plan.push("--no-default-features".to_owned());
            if features.iter().any(|feature| !feature.is_empty()) {
                plan.extend(["--features".to_owned(), features_here(features)]);
            }
        }
    }
    if args.release {
        plan.push("--release".to_owned());
    }
    plan
}

/// The names of backends become the features with which they run on this system.
fn features_here(names: &[String]) -> String {
    let here = |name: &String| match backend::find(name) {
        Ok(backend) => backend.feature.to_owned(),
        Err(_) => name.clone(),
    };
    names.iter().map(here).collect::<Vec<_>>().join(",")
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

    fn args(words: &[&str]) -> Args {
        let words = std::iter::once(&"build").chain(words);
        let cli = Cli::try_parse_from(words).expect("the line is well-formed");
        cli.args
    }

    #[track_caller]
    fn check(words: &[&str], expected: &str) {
        assert_eq!(plan(&args(words)).join(" "), expected);
    }

    const ML: &str = "build --package ml-cli --bin ml";

    #[test]
    fn chosen_features_replace_the_default_ones() {
        check(
            &["--features", "http,llama"],
            &format!("{ML} --no-default-features --features http,llama"),
        );
        check(&["--features", ""], &format!("{ML} --no-default-features"));
    }

    #[test]
    fn mlx_is_built_as_it_runs_here() {
        let mlx = if backend::MLX_ON_CPU {
            "mlx-cpu"
        } else {
            "mlx"
        };
        check(
            &["--features", "hub,mlx", "--release"],
            &format!("{ML} --no-default-features --features hub,{mlx} --release"),
        );
        let default = if backend::MLX_ON_CPU {
            format!("{ML} --features ml-cli/mlx-cpu")
        } else {
            ML.to_owned()
        };
        check(&[], &default);
    }

    #[test]
    fn mlx_is_set_up_where_it_is_built() {
        assert!(needs_mlx(&args(&[])));
        assert!(needs_mlx(&args(&["--features", "mlx"])));
        assert!(!needs_mlx(&args(&["--features", "http"])));
    }
}
