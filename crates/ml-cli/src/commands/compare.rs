//! `ml compare`: whether one run is better than another, or nobody can tell.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use ml_judge::report::{Change, Report, RunComparison, compare};

use crate::bulk::Output;
use crate::commands::Context;
use crate::failure::{self, Failure};
use crate::screen;

mod differing;
mod table;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompareArgs {
    /// The report of a run, as `ml probe --output` and `ml score --output` write it
    #[arg(value_name = "A.json")]
    first: PathBuf,

    /// The report of the run to compare with it
    #[arg(value_name = "B.json")]
    second: PathBuf,

    /// Name so many items of a field that differ most
    #[arg(long, value_name = "N", default_value_t = 10)]
    items: usize,

    /// Write the comparison as a page for a browser, with both answers of each item
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Exit with 1 where B is worse in any field
    #[arg(long)]
    fail_if_worse: bool,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  ml compare before.json after.json
  ml compare before.json after.json --items 50
  ml compare before.json after.json --html difference.html
  ml compare main.json branch.json --fail-if-worse
  ml compare a.json b.json --json | jq '.fields[] | {field, change, adjusted_p}'

Items are paired by id and prompt. A difference counts where its p-value, corrected by Holm for the
number of fields, is below 0.05; else the verdict is \"cannot tell\".
Exit codes: 0 compared, 1 worse with --fail-if-worse, 2 wrong usage or files that cannot be compared.";

/// Two reports.
struct Reports {
    first: Report,
    second: Report,
}

/// Compares two runs and says what the difference is worth.
pub(crate) fn run(args: &CompareArgs, context: &Context) -> Result<(), Failure> {
    let screen = context.screen;
    let compared = Reports::read(args).and_then(|reports| {
        let comparison = compare(&reports.first, &reports.second)?;
        Ok((reports, comparison))
    });
    let (reports, comparison) = compared.map_err(|error| {
        failure::say(screen, &error);
        Failure::Said(2)
    })?;
    if args.json {
        screen::write_out(&screen::json_line(&comparison))?;
    } else {
        screen::write_out(&table::shown(args, &reports, &comparison, screen.out))?;
    }
    if let Some(path) = &args.html {
        let page = comparison.html(&reports.first, &reports.second);
        Output::create(path)?.fill(|file| Ok(file.write_all(page.as_bytes())?))?;
        screen::say(format_args!("wrote {}", path.display()));
    }
    verdict(args, &comparison)
}

/// Fails where the second run is worse and that was to be told.
fn verdict(args: &CompareArgs, comparison: &RunComparison) -> Result<(), Failure> {
    let mut fields = comparison.fields.iter();
    if args.fail_if_worse && fields.any(|field| field.change == Change::Worse) {
        return Err(Failure::Said(1));
    }
    Ok(())
}

impl Reports {
    fn read(args: &CompareArgs) -> anyhow::Result<Self> {
        Ok(Self {
            first: read(&args.first)?,
            second: read(&args.second)?,
        })
    }
}

fn read(path: &Path) -> anyhow::Result<Report> {
    let file = File::open(path).map_err(anyhow::Error::new);
    let report = file.and_then(|file| Ok(Report::read(file)?));
    report.with_context(|| format!("cannot compare {}", path.display()))
}
