//! The command line: what is common to all commands, and how it is parsed.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser};

use crate::commands::{Command, Context};
use crate::features;
use crate::screen::ColorWhen;

/// Run, chat with and inspect language models, on this machine or on a server.
#[derive(Debug, Parser)]
#[command(
    name = "ml",
    version,
    long_version = features::long_version(),
    styles = STYLES,
    max_term_width = 100,
    after_help = EXAMPLES,
    subcommand_help_heading = "Commands",
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Configuration file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "Configuration file [default: $ML_CONFIG, ./ml.toml, ~/.config/ml/ml.toml]"
    )]
    pub(crate) config: Option<PathBuf>,

    /// Say on stderr what happens; twice says more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub(crate) color: ColorWhen,
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  ml models                                    what there is to run
  ml generate \"What is the capital of France?\"
  ml generate --model smol --json - < prompt.txt
  ml chat --model ./SmolLM2-135M-Instruct.Q4_1.gguf
  ml doctor                                    what is missing, and how to get it

`ml COMMAND --help` has examples of each command.";

/// Parses the process's arguments.
///
/// # Errors
/// What clap wants to print: help, the version, or a usage error.
pub(crate) fn parse() -> Result<Cli, clap::Error> {
    let args: Vec<OsString> = std::env::args_os().collect();
    let mut command = Cli::command().color(color_of(&args).into());
    let matches = command.try_get_matches_from_mut(args)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// The value of `--color`, looked up before parsing so that help and usage errors obey it too.
fn color_of(args: &[OsString]) -> ColorWhen {
    let mut args = args.iter().skip(1).map_while(|arg| arg.to_str());
    let mut when = ColorWhen::Auto;
    while let Some(arg) = args.next() {
        let value = match arg.split_once('=') {
            Some(("--color", value)) => Some(value),
            None if arg == "--color" => args.next(),
            _ => None,
        };
        if let Some(value) = value {
            when = clap::ValueEnum::from_str(value, true).unwrap_or(when);
        }
    }
    when
}

/// Prints what clap wants to say: help and the version are no failure.
pub(crate) fn exit(said: &clap::Error) -> ExitCode {
    // That the reader has gone is no failure either.
    let _ = said.print();
    if said.use_stderr() {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    }
}

/// A usage error in clap's own form, for rules that show only after parsing.
pub(crate) fn usage(
    command: &str,
    context: &Context,
    message: impl std::fmt::Display,
) -> clap::Error {
    let mut cli = Cli::command().color(context.global.color.into());
    cli.build();
    let kind = clap::error::ErrorKind::ValueValidation;
    match cli.find_subcommand_mut(command) {
        Some(command) => command.error(kind, message),
        None => cli.error(kind, message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_colour_is_known_before_parsing() {
        let color = |args: &[&str]| {
            let args: Vec<_> = args.iter().map(OsString::from).collect();
            color_of(&args)
        };
        assert_eq!(color(&["ml", "models"]), ColorWhen::Auto);
        assert_eq!(color(&["ml", "--color", "never"]), ColorWhen::Never);
        assert_eq!(color(&["ml", "x", "--color=always"]), ColorWhen::Always);
        assert_eq!(color(&["ml", "--color=purple"]), ColorWhen::Auto);
    }
}
