//! `cargo xtask demo`: a real model answers a question.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::backend::{self, Backend};
use crate::cache::Cache;
use crate::setup::{self, Part};
use crate::{cargo, spoken};

/// Sets up what is needed, builds `ml`, and lets a small model answer a question.
///
/// The answer streams; then come the number of tokens, their speed and the finish reason. The first time takes five to
/// ten minutes, most of it for llama-server, or two or three with `--backend mlx`; after that, seconds.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Who answers: `llama`, a llama-server of our own, or `mlx`, in the process of `ml`.
    #[arg(long, value_name = "BACKEND", default_value = "llama", value_parser = local)]
    backend: &'static Backend,

    /// What to ask.
    #[arg(default_value = "What is the capital of France?")]
    question: String,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask demo
  cargo xtask demo 'Name three colours.'
  cargo xtask demo --backend mlx";

/// The backends that run the model themselves.
fn local(name: &str) -> Result<&'static Backend, String> {
    match name {
        "llama" | "mlx" => backend::find(name),
        _ => Err("the demo runs on llama or mlx".to_owned()),
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let cache = setup::ensure(parts(args.backend))?;
    cargo::run(&mut cargo::cargo(build(args.backend)))?;
    let binary = cargo::target_folder()?.join("debug").join("ml");
    let mut ml = ask(&binary, args, &cache);
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

/// Only what the demo needs.
fn parts(backend: &Backend) -> &'static [Part] {
    match backend.name {
        "mlx" => &[Part::Model, Part::Mlx],
        _ => &[Part::Model, Part::LlamaServer],
    }
}

/// The arguments of `cargo`. Unoptimised: that builds in a fraction of the time, and the model runs in llama-server or in
/// MLX, which are optimised.
fn build(backend: &Backend) -> Vec<&'static str> {
    let mut plan = vec!["build", "--package", "ml-cli", "--bin", "ml"];
    plan.extend(["--no-default-features", "--features", backend.feature]);
    plan
}

fn ask(binary: &Path, args: &Args, cache: &Cache) -> Command {
    let mut ml = Command::new(binary);
    ml.args(["generate", "--backend", args.backend.name]);
    ml.args(["--temperature", "0", "--max-tokens", "64", "--stats"]);
    ml.arg("--model").arg(setup::model(cache));
    ml.arg(&args.question);
    ml.env("LLAMA_SERVER", setup::llama_server(cache));
    ml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_chosen_backend_is_built_and_asked() {
        let args = Args {
            backend: local("mlx").expect("it runs the model itself"),
            question: "Why?".to_owned(),
        };
        let feature = if backend::MLX_ON_CPU {
            "mlx-cpu"
        } else {
            "mlx"
        };
        let expected =
            format!("build --package ml-cli --bin ml --no-default-features --features {feature}");
        assert_eq!(build(args.backend).join(" "), expected);
        let ml = ask(Path::new("ml"), &args, &Cache::at(Path::new("/c")));
        let words: Vec<_> = ml.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(words[..3], ["generate", "--backend", "mlx"]);
        assert_eq!(words.last().map(AsRef::as_ref), Some("Why?"));
    }

    #[test]
    fn a_server_of_somebody_elses_is_no_demo() {
        assert!(local("http").is_err());
    }
}
