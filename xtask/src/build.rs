//! `cargo xtask build`: the binary `ml` with chosen backends.

use anyhow::Result;

use crate::cargo;

/// Builds the binary `ml`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The backends to build in, in place of the default ones; an empty list for none.
    #[arg(long, value_name = "BACKENDS", value_delimiter = ',')]
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
    cargo::run(&mut cargo::cargo(plan(args)))?;
    let profile = if args.release { "release" } else { "debug" };
    let binary = cargo::target_folder()?.join(profile).join("ml");
    println!("{}", binary.display());
    Ok(())
}

/// The arguments of `cargo`.
fn plan(args: &Args) -> Vec<String> {
    let mut plan = vec!["build", "--package", "ml-cli", "--bin", "ml"];
    let features = args.features.as_ref().map(|f| f.join(","));
    if let Some(features) = &features {
        plan.push("--no-default-features");
        if !features.is_empty() {
            plan.extend(["--features", features]);
        }
    }
    if args.release {
        plan.push("--release");
    }
    plan.into_iter().map(str::to_owned).collect()
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
    fn check(words: &[&str], expected: &str) {
        let words = std::iter::once(&"build").chain(words);
        let cli = Cli::try_parse_from(words).expect("the line is well-formed");
        assert_eq!(plan(&cli.args).join(" "), expected);
    }

    #[test]
    fn chosen_backends_replace_the_default_ones() {
        const ML: &str = "build --package ml-cli --bin ml";
        check(&[], ML);
        check(&["--release"], &format!("{ML} --release"));
        check(
            &["--features", "http,llama"],
            &format!("{ML} --no-default-features --features http,llama"),
        );
        check(&["--features", ""], &format!("{ML} --no-default-features"));
    }
}
