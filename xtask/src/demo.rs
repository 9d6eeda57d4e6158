//! `cargo xtask demo`: a real model answers a question, then probes that measure it.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::backend::{self, Backend};
use crate::cache::Cache;
use crate::setup::{self, Part};
use crate::{cargo, spoken};

/// Sets up what is needed, builds `ml`, lets a small model answer a question, and shows how many of twelve probes it gets
/// right.
///
/// The answer streams; then come the number of tokens, their speed and the finish reason. The first time takes five to
/// ten minutes, most of it for llama-server, or two or three with `--backend mlx`; after that, under a minute.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,

    /// Who answers: `llama`, a llama-server of our own, or `mlx`, in the process of `ml`.
    #[arg(long, value_name = "BACKEND", default_value = "llama", value_parser = local)]
    backend: &'static Backend,

    /// What to ask.
    #[arg(default_value = "What is the capital of France?")]
    question: String,
}

/// Another demo.
#[derive(Debug, Clone, Copy, clap::Subcommand)]
enum What {
    /// Asks the small model every probe of the capability suite, and makes the report of it as a page for a browser.
    #[command(after_help = "Examples:\n  cargo xtask demo judge")]
    Judge,
}

/// Twelve probes that a very small model can be expected to get right in part.
const EASY: &str = include_str!("../demo/easy.toml");

const EXAMPLES: &str = "\
Examples:
  cargo xtask demo
  cargo xtask demo 'Name three colours.'
  cargo xtask demo --backend mlx
  cargo xtask demo judge";

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
    let target = cargo::target_folder()?;
    let binary = target.join("debug").join("ml");
    let folder = target.join("demo");
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    match args.what {
        None => {
            answer(ask(&binary, args, &cache))?;
            let mut probes = probe(&binary, args, &cache, &folder);
            let easy = folder.join("easy.toml");
            fs::write(&easy, EASY).with_context(|| format!("write {}", easy.display()))?;
            probes.arg("--probes").arg(easy);
            cargo::run(probes.args(["--max-tokens", "64"]))
        }
        Some(What::Judge) => {
            let page = folder.join("report.html");
            let mut probes = probe(&binary, args, &cache, &folder);
            probes.args(["--suite", "capability", "--max-tokens", "256"]);
            probes.arg("--output").arg(folder.join("report.json"));
            cargo::run(probes.arg("--html").arg(&page))?;
            println!("{}", page.display());
            Ok(())
        }
    }
}

/// Lets the answer stream.
fn answer(mut ml: Command) -> Result<()> {
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
    let mut ml = on_model("generate", binary, args, cache);
    ml.args(["--temperature", "0", "--max-tokens", "64", "--stats"]);
    ml.arg(&args.question);
    ml
}

/// Probes, remembered in a ledger of the demo's own: what is asked once is not asked again.
fn probe(binary: &Path, args: &Args, cache: &Cache, folder: &Path) -> Command {
    let mut ml = on_model("probe", binary, args, cache);
    ml.arg("--ledger").arg(folder.join("ledger.sqlite"));
    ml
}

fn on_model(command: &str, binary: &Path, args: &Args, cache: &Cache) -> Command {
    let mut ml = Command::new(binary);
    ml.args([command, "--backend", args.backend.name]);
    ml.arg("--model").arg(setup::model(cache));
    ml.env("LLAMA_SERVER", setup::llama_server(cache));
    ml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_chosen_backend_is_built_and_asked() {
        let args = Args {
            what: None,
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
        let ml = probe(
            Path::new("ml"),
            &args,
            &Cache::at(Path::new("/c")),
            Path::new("/t"),
        );
        let words: Vec<_> = ml.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(words[..3], ["probe", "--backend", "mlx"]);
    }

    #[test]
    fn a_question_is_no_subcommand_but_judge_is() {
        #[derive(Debug, clap::Parser)]
        struct Demo {
            #[command(flatten)]
            args: Args,
        }
        let parsed = |words: &[&str]| {
            let words = ["demo"].iter().chain(words);
            <Demo as clap::Parser>::try_parse_from(words).map(|demo| demo.args)
        };
        let question = parsed(&["--backend", "mlx", "Name three colours."]).expect("a question");
        assert!(question.what.is_none());
        assert_eq!(
            (question.backend.name, question.question.as_str()),
            ("mlx", "Name three colours.")
        );
        let judge = parsed(&["judge"]).expect("a subcommand");
        assert!(matches!(judge.what, Some(What::Judge)));
        assert_eq!(judge.backend.name, "llama");
        let judge = parsed(&["--backend", "mlx", "judge"]).expect("a subcommand");
        assert!(matches!(judge.what, Some(What::Judge)));
        assert_eq!(judge.backend.name, "mlx");
    }

    #[test]
    fn a_server_of_somebody_elses_is_no_demo() {
        assert!(local("http").is_err());
    }
}
