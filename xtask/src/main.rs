//! Set-up, builds, tests and benchmarks of the workspace.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what xtask prints is for the person at the terminal"
)]

mod backend;
mod bench;
mod build;
mod cache;
mod cargo;
mod ci;
mod demo;
mod fuzz;
mod mlx_config;
mod oracle;
mod outside;
mod setup;
mod spoken;
mod tally;
mod test;
mod tidy;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Set up, build, test and measure this workspace.
#[derive(Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask demo                    a real model answers, from nothing to the last token
  cargo xtask demo --backend mlx      the same, in the process of `ml`
  cargo xtask demo judge              every probe asked, and the report as a page
  cargo xtask test                    every test of the workspace
  cargo xtask test -p backend-http    the tests of one crate
  cargo xtask ci                      what must pass before a change is merged";

#[derive(Debug, Subcommand)]
enum Task {
    Setup(setup::Args),
    /// Prints the Cargo configuration with which another workspace builds backend-mlx on this machine.
    #[command(after_help = mlx_config::EXAMPLES)]
    MlxConfig,
    Demo(demo::Args),
    Test(test::Args),
    /// Runs every check: tests, formatting, lints and tests under each single feature, docs, tidy, outside, dependencies.
    ///
    /// All of them run, even when one fails; a table at the end says how each ended and how long it took.
    #[command(after_help = "Examples:\n  cargo xtask ci")]
    Ci,
    Build(build::Args),
    Bench(bench::Args),
    Oracle(oracle::Args),
    Fuzz(fuzz::Args),
    /// Checks the repository's own rules: dependencies between crates, layout, names, links, text.
    #[command(after_help = "Examples:\n  cargo xtask tidy")]
    Tidy,
    /// Builds and runs a program outside the workspace under each backend, and checks every crate alone.
    #[command(after_help = "Examples:\n  cargo xtask outside")]
    Outside,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Setup(args) => setup::run(args),
        Task::MlxConfig => mlx_config::run(),
        Task::Demo(args) => demo::run(&args),
        Task::Test(args) => test::run(&args),
        Task::Ci => ci::run(),
        Task::Build(args) => build::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Oracle(args) => oracle::run(&args),
        Task::Fuzz(args) => fuzz::run(&args),
        Task::Tidy => tidy::run(),
        Task::Outside => outside::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
