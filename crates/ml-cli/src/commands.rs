//! The commands, one file each.

use clap::Subcommand;

use crate::args::GlobalArgs;
use crate::failure::Failure;
use crate::screen::Screen;

mod chat;
mod compare;
mod completions;
mod config;
mod convert;
mod doctor;
mod expand;
mod generate;
mod judge_check;
mod man;
#[cfg(feature = "mcp")]
mod mcp;
mod models;
mod probe;
#[cfg(feature = "hub")]
mod pull;
mod score;
#[cfg(feature = "server")]
mod serve;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer one prompt
    Generate(generate::GenerateArgs),
    /// Talk with a model
    Chat(chat::ChatArgs),
    /// Serve models to OpenAI-compatible clients
    #[cfg(feature = "server")]
    Serve(serve::ServeArgs),
    /// List the models that are configured and those found on this machine
    Models(models::ModelsArgs),
    /// Fetch a model from the Hugging Face Hub
    #[cfg(feature = "hub")]
    Pull(pull::PullArgs),
    /// Answer a file of prompts
    Expand(expand::ExpandArgs),
    /// Score a file of answers
    Score(score::ScoreArgs),
    /// Measure how far a judge or a heuristic agrees with people
    JudgeCheck(judge_check::JudgeCheckArgs),
    /// Convert a model or a LoRA adapter to another format
    Convert(convert::ConvertArgs),
    /// Ask a model questions with known answers, and show how many it gets right
    Probe(probe::ProbeArgs),
    /// Tell whether one run is better than another
    Compare(compare::CompareArgs),
    /// Offer the models as tools to the program that starts this one
    #[cfg(feature = "mcp")]
    Mcp(mcp::McpArgs),
    /// Say what is installed, what is missing and how to get it
    Doctor(doctor::DoctorArgs),
    /// Write, show or check the configuration
    Config(config::ConfigArgs),
    /// Print a shell's completion script
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write all of them into a folder
    Man(man::ManArgs),
}

/// What every command is given.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) global: GlobalArgs,
    pub(crate) screen: Screen,
}

impl Command {
    /// Does it.
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Generate(args) => block_on(generate::run(args, context)),
            Self::Chat(args) => block_on(chat::run(args, context)),
            #[cfg(feature = "server")]
            Self::Serve(args) => block_on_all_cores(serve::run(args, context)),
            Self::Models(args) => block_on(models::run(args, context)),
            #[cfg(feature = "hub")]
            Self::Pull(args) => block_on(pull::run(args, context)),
            Self::Expand(args) => block_on(expand::run(args, context)),
            Self::Score(args) => block_on(score::run(args, context)),
            Self::JudgeCheck(args) => block_on(judge_check::run(args, context)),
            Self::Convert(args) => block_on(convert::run(args, context)),
            Self::Probe(args) => block_on(probe::run(args, context)),
            Self::Compare(args) => compare::run(&args, context),
            #[cfg(feature = "mcp")]
            Self::Mcp(args) => block_on(mcp::run(args, context)),
            Self::Doctor(args) => block_on(doctor::run(args, context)),
            Self::Config(args) => config::run(&args, context),
            Self::Completions(args) => completions::run(&args),
            Self::Man(args) => man::run(&args),
        }
    }
}

impl Command {
    /// Whether each request that comes is to be logged.
    pub(crate) fn logs_requests(&self) -> bool {
        match self {
            #[cfg(feature = "server")]
            Self::Serve(args) => args.logs_requests(),
            _ => false,
        }
    }
}

/// Runs a command that serves many clients at once.
#[cfg(feature = "server")]
fn block_on_all_cores(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    run_on(tokio::runtime::Builder::new_multi_thread(), work)
}

/// Runs a command that waits for models. One thread is enough for one answer and starts fastest.
fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    run_on(tokio::runtime::Builder::new_current_thread(), work)
}

fn run_on(
    mut runtime: tokio::runtime::Builder,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let runtime = runtime
        .enable_all()
        .build()
        .map_err(|error| anyhow::Error::new(error).context("cannot start"))?;
    let done = runtime.block_on(work);
    // A thread that still waits for stdin must not hold up the end.
    runtime.shutdown_background();
    done
}
