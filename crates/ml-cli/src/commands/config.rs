//! `ml config`: the configuration written, shown and checked.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use ml_service::{Config, ConfigError, Setting};
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::commands::Context;
use crate::failure::Failure;
use crate::model;
use crate::screen::{self, Paint};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a commented file to start from, and print its path
    Init {
        /// Replace a file that is there
        #[arg(long)]
        force: bool,
    },
    /// Print what is in effect, and where each setting comes from
    Show {
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
    /// Say all that is wrong with the configuration
    Check {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

const EXAMPLES: &str = "\
Examples:
  ml config init                     in the user's folder
  ml config init --config ./ml.toml  in this one
  ml config show
  ml config check";

pub(crate) fn run(args: &ConfigArgs, context: &Context) -> Result<(), Failure> {
    match args.action {
        Action::Init { force } => init(force, context),
        Action::Show { json } => show(json, context),
        Action::Check { json } => check(json, context),
    }
}

fn init(force: bool, context: &Context) -> Result<(), Failure> {
    let file = match &context.global.config {
        Some(file) => file.clone(),
        None => user_file(context)?,
    };
    write_new(&file, force)?;
    screen::write_out(&format!("{}\n", file.display()))
}

fn user_file(context: &Context) -> anyhow::Result<PathBuf> {
    let sources = model::sources(context);
    let file = sources.user_file().map(Path::to_owned);
    file.context("there is no home folder: say where with --config FILE")
}

fn write_new(file: &Path, force: bool) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options
        .open(file)
        .and_then(|mut file| file.write_all(Config::template().as_bytes()));
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{} is there already; --force replaces it", file.display())
        }
        written => written.with_context(|| format!("cannot write {}", file.display())),
    }
}

/// One setting, for machines.
#[derive(Serialize)]
struct SettingJson {
    key: String,
    /// As in TOML.
    value: String,
    origin: String,
}

fn show(json: bool, context: &Context) -> Result<(), Failure> {
    let config = model::config(context)?;
    let settings = config.settings();
    if json {
        let settings: Vec<_> = settings
            .into_iter()
            .map(|setting| SettingJson {
                key: setting.key,
                value: setting.value,
                origin: setting.origin.to_string(),
            })
            .collect();
        return screen::write_out(&screen::json_line(&settings));
    }
    if settings.is_empty() {
        screen::say("nothing is configured; `ml config init` writes a file to start from");
    }
    screen::write_out(&lines(&settings, context.screen.out))
}

/// The settings as TOML, each with where it comes from.
fn lines(settings: &[Setting], paint: Paint) -> String {
    let plain = |setting: &Setting| format!("{} = {}", setting.key, setting.value);
    let widths = settings.iter().map(|setting| plain(setting).width());
    let widest = widths.filter(|width| *width <= MAX_COLUMN).max();
    let lines = settings.iter().map(|setting| {
        let line = plain(setting);
        let gap = widest.unwrap_or_default().saturating_sub(line.width());
        let origin = format!("# {}", setting.origin);
        format!("{line}{:gap$}  {}\n", "", paint.dim(origin))
    });
    lines.collect()
}

/// Origins line up behind settings up to this width.
const MAX_COLUMN: usize = 90;

/// What is wrong with the configuration, for machines.
#[derive(Serialize)]
struct CheckJson<'a> {
    ok: bool,
    file: Option<PathBuf>,
    errors: Vec<ProblemJson<'a>>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct ProblemJson<'a> {
    message: String,
    file: Option<&'a Path>,
    line: Option<usize>,
    key: Option<&'a str>,
}

fn check(json: bool, context: &Context) -> Result<(), Failure> {
    let sources = model::sources(context);
    let checked = Config::check(&sources);
    let errors = checked
        .as_ref()
        .err()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if json {
        screen::write_out(&screen::json_line(&CheckJson {
            ok: checked.is_ok(),
            file: sources.file(),
            errors: errors.iter().map(problem).collect(),
            warnings: checked.as_ref().map(Config::warnings).unwrap_or_default(),
        }))?;
    }
    match &checked {
        Ok(_) if json => Ok(()),
        Ok(config) => {
            model::warn(config, context);
            screen::write_out(&format!("{}\n", describe(config)))
        }
        Err(errors) => {
            for error in errors {
                let screen = context.screen;
                screen::say(format_args!("{} {error}", screen.err.bad("error:")));
            }
            Err(Failure::Said(1))
        }
    }
}

fn problem(error: &ConfigError) -> ProblemJson<'_> {
    ProblemJson {
        message: error.to_string(),
        file: error.file(),
        line: error.line(),
        key: error.key(),
    }
}

fn describe(config: &Config) -> String {
    let models = match config.models().len() {
        1 => "1 model".to_owned(),
        n => format!("{n} models"),
    };
    let default = match config.default_model() {
        Some(name) => format!("default {name}"),
        None => "no default".to_owned(),
    };
    match config.file() {
        Some(file) => format!("{}: ok, {models}, {default}", file.display()),
        None => "there is no configuration file, which is fine".to_owned(),
    }
}
