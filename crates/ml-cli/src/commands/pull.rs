//! `ml pull`: a model fetched from the Hugging Face Hub.

use anyhow::Context as _;
use clap::Args;
use ml_service::{Choice, Hub, HubConfig, HubError, PullOptions, Pulled, PulledKind, RepoRef};

use super::models::size;
use crate::args;
use crate::commands::Context;
use crate::failure::{self, Failure};
use crate::interrupt::Interrupt;
use crate::screen::{self, Screen};
use crate::shell::quoted;
use crate::table::Table;

mod bar;
mod json;

use bar::Bar;
use json::{FailedJson, PulledJson};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PullArgs {
    /// A repository of the hub, and perhaps one of its files: by its path, its name, or the
    /// quantisation of a GGUF file
    #[arg(value_name = "REPO[:FILE]")]
    model: RepoRef,

    /// A branch, a tag or a commit [default: main]
    #[arg(long, value_name = "NAME")]
    revision: Option<String>,

    /// Print one JSON object
    #[arg(long)]
    json: bool,

    /// Say nothing but where it is, and what went wrong
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  ml pull HuggingFaceTB/SmolLM2-135M-Instruct
  ml pull bartowski/SmolLM2-135M-Instruct-GGUF               lists what there is to choose from
  ml pull bartowski/SmolLM2-135M-Instruct-GGUF:Q4_K_M
  ml pull org/name --revision v1.0
  model=$(ml pull --quiet org/name) && ml generate --model \"$model\" \"Hello\"

What was interrupted goes on where it was. Models lie in the cache of Hugging Face's own tools:
HF_HUB_CACHE or HF_HOME say where, HF_TOKEN says who asks, HF_ENDPOINT names another hub.
Exit codes: 0 it is there, 1 failed, 2 wrong usage or a choice to make, 130 Ctrl-C.";

/// Fetches a model. With `--json` a failure is an object on stdout too.
pub(crate) async fn run(args: PullArgs, context: &Context) -> Result<(), Failure> {
    let done = pull(&args, context).await;
    if args.json {
        match &done {
            Err(Failure::Failed(error)) => screen::write_out(&FailedJson::new(error).line())?,
            Err(Failure::Interrupted) => screen::write_out(&FailedJson::cancelled().line())?,
            _ => {}
        }
    }
    if !args.quiet && matches!(done, Err(Failure::Interrupted)) {
        screen::say("stopped; the same command goes on from here");
    }
    done.map_err(|failure| match failure {
        Failure::Failed(error) => sort(error, context),
        other => other,
    })
}

async fn pull(args: &PullArgs, context: &Context) -> Result<(), Failure> {
    let screen = context.screen;
    let config = HubConfig::from_env().map_err(anyhow::Error::new)?;
    let hub = Hub::new(config).map_err(anyhow::Error::new)?;
    let interrupt = Interrupt::listen().context("cannot listen to Ctrl-C")?;
    let bar = Bar::new(&args.model, screen.stderr_is_terminal && !args.quiet);
    let mut options = PullOptions::default().with_progress(bar.callback());
    options.revision.clone_from(&args.revision);
    let pulled = interrupt.during(hub.pull(&args.model, &options)).await?;
    drop(bar);
    let pulled = pulled.map_err(anyhow::Error::new)?;
    let text = if args.json {
        screen::json_line(&PulledJson::new(&pulled, args.revision.as_deref()))
    } else {
        format!("{}\n", pulled.path.display())
    };
    screen::write_out(&text)?;
    if !args.quiet {
        say(&pulled, screen);
    }
    Ok(())
}

/// Wrong usage, a choice to make, or a failure.
fn sort(error: anyhow::Error, context: &Context) -> Failure {
    match error.downcast_ref() {
        Some(wrong @ HubError::InvalidRevision { .. }) => {
            args::usage("pull", context, wrong).into()
        }
        Some(HubError::Choose {
            repository,
            choices,
        }) => {
            failure::say(context.screen, &error);
            say_choices(repository, choices, context.screen);
            Failure::Said(2)
        }
        _ => Failure::Failed(error),
    }
}

/// Says what came, and what to do with it.
fn say(pulled: &Pulled, screen: Screen) {
    let files = match pulled.files.len() {
        1 => "1 file".to_owned(),
        n => format!("{n} files"),
    };
    let bytes = pulled.files.iter().map(|file| file.bytes).sum();
    let fetched = pulled.files.iter().filter(|file| !file.was_there).count();
    let how = match fetched {
        0 => "all there already".to_owned(),
        n if n == pulled.files.len() => "fetched and checked".to_owned(),
        n => format!("{n} fetched and checked"),
    };
    let line = format!("{files}, {}, {how}", size(bytes));
    screen::say(screen.err.dim(line));
    if let Some(next) = next_command(pulled) {
        screen::say(format_args!("{} {next}", screen.err.good("next:")));
    }
}

fn next_command(pulled: &Pulled) -> Option<String> {
    match (&pulled.reference, pulled.kind) {
        (Some(reference), _) => Some(format!(
            "ml generate --model {} \"Hello\"",
            quoted(reference)
        )),
        (None, PulledKind::Adapter) => Some(format!(
            "ml generate --model BASE --adapter {} \"Hello\"",
            quoted(&pulled.path.display().to_string())
        )),
        _ => None,
    }
}

fn say_choices(repository: &str, choices: &[Choice], screen: Screen) {
    let mut table = Table::new(["FILE", "SIZE", ""], screen.err);
    for choice in choices {
        let parts = match choice.parts {
            1 => String::new(),
            n => format!("in {n} parts"),
        };
        let cells = [choice.file.clone(), size(choice.bytes), parts];
        table.push(cells.map(Into::into), None);
    }
    screen::say(table.to_string().trim_end());
    if let Some(first) = choices.first() {
        let command = format!(
            "ml pull {}",
            quoted(&format!("{repository}:{}", first.file))
        );
        screen::say(format_args!("  {} {command}", screen.err.good("try:")));
    }
}
