//! `cargo xtask demo`: a real model answers a question.

use std::io::{self, IsTerminal as _};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::setup::Part;
use crate::{cargo, setup, spoken};

/// Sets up what is needed, builds `ml`, and lets a small model answer a question.
///
/// The answer streams; then come the number of tokens, their speed and the finish reason. The first time takes five to
/// ten minutes, most of it for llama-server; after that, seconds.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// What to ask.
    #[arg(default_value = "What is the capital of France?")]
    question: String,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask demo
  cargo xtask demo 'Name three colours.'";

/// Only what the demo needs. Unoptimised: that builds in a fraction of the time, and the model runs in llama-server.
const BUILD: &[&str] = &[
    "build",
    "--package",
    "ml-cli",
    "--bin",
    "ml",
    "--no-default-features",
    "--features",
    "llama",
];

pub(crate) fn run(args: &Args) -> Result<()> {
    let cache = setup::ensure(Part::ALL)?;
    cargo::run(&mut cargo::cargo(BUILD))?;
    let binary = cargo::target_folder()?.join("debug").join("ml");
    let mut ml = Command::new(binary);
    ml.args(["generate", "--backend", "llama", "--temperature", "0"]);
    ml.args(["--max-tokens", "64", "--stats", "--model"]);
    ml.arg(setup::model(&cache)).arg(&args.question);
    ml.env("LLAMA_SERVER", setup::llama_server(&cache));
    if io::stdout().is_terminal() {
        return cargo::run(&mut ml);
    }
    // Away from a terminal `ml` adds no end of line to the answer, and its last words would run into it.
    let line = spoken::command(&ml);
    println!("$ {line}");
    let child = ml.stderr(Stdio::piped()).spawn()?;
    let output = child.wait_with_output()?;
    println!("\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
    if !output.status.success() {
        bail!("`{line}` failed ({})", output.status);
    }
    Ok(())
}
