//! What the commands that ask and score in bulk share: their flags, the models they ask, the run
//! with its progress and its end.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use ml_judge::{Concurrency, Ledger, Reuse, Runner};
use ml_service::Service;

use crate::commands::Context;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::model;
use crate::spinner::Spinner;

mod input;
mod judge;
mod ledger;
mod output;
mod passes;
mod run;
mod subject;
mod suites;
mod summary;
mod trust;

pub(crate) use input::{BadLines, Checked, Named, check};
pub(crate) use judge::{JudgeArgs, Judges};
pub(crate) use output::Output;
pub(crate) use passes::passes;
pub(crate) use run::{Work, stopped};
pub(crate) use subject::Subject;
pub(crate) use suites::{RulesArgs, SuiteScorers};
pub(crate) use summary::{say_summary, verdict};
pub(crate) use trust::{TrustArgs, trust_subject};

/// Items in work at once where neither the user nor the model says.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(4).expect("4 is not zero");

/// The most of them where the run itself finds out how many are best.
const MOST: NonZeroUsize = NonZeroUsize::new(256).expect("256 is not zero");

/// How to work through many items.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct BulkArgs {
    /// The file that remembers what was asked and scored, so that nothing is done twice [default:
    /// ml/ledger.sqlite in the user's data folder]
    #[arg(long, value_name = "PATH")]
    ledger: Option<PathBuf>,

    /// Items in work at once; auto finds out how many are best, and asks less of a server that says
    /// it is too much [default: the model's slots, else 4]
    #[arg(long, value_name = "N|auto", allow_negative_numbers = true)]
    concurrency: Option<AtOnce>,

    /// Seconds that one answer or score may take before it counts as failed [default: no limit]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    deadline: Option<Duration>,

    /// Ask and score anew what the ledger has
    #[arg(long)]
    fresh: bool,

    /// Print one JSON object on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

/// How many items are in work at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AtOnce {
    Fixed(NonZeroUsize),
    Auto,
}

impl FromStr for AtOnce {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let number = text.parse().map(Self::Fixed);
        number.map_err(|_| "it is neither auto nor a number from 1 on".to_owned())
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is no number".to_owned())?;
    if seconds <= 0.0 {
        return Err("it must be more than 0".to_owned());
    }
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// A command at work: what it needs to ask models and to remember.
pub(crate) struct Bulk<'a> {
    pub(crate) context: &'a Context,
    pub(crate) interrupt: Interrupt,
    pub(crate) spinner: Spinner,
    pub(crate) service: Service,
    pub(crate) ledger: Ledger,
    args: &'a BulkArgs,
}

impl<'a> Bulk<'a> {
    /// Opens the ledger and reads the configuration. No model is loaded. To be called in the
    /// runtime.
    pub(crate) fn start(args: &'a BulkArgs, context: &'a Context) -> Result<Self, Failure> {
        let interrupt = Interrupt::listen().context("cannot listen to Ctrl-C")?;
        let spinner = Spinner::new(context.screen, "loading the model");
        let service = model::service(context, &spinner)?;
        let ledger = ledger::open(args.ledger.as_deref())?;
        Ok(Self {
            context,
            interrupt,
            spinner,
            service,
            ledger,
            args,
        })
    }

    /// A runner as the flags say. `model` is whose slots count where they say no concurrency.
    pub(crate) fn runner(&self, model: Option<&str>) -> Result<Runner, Failure> {
        let slots = match model {
            Some(model) => self.service.concurrency(model)?,
            None => None,
        };
        let slots = slots.unwrap_or(CONCURRENCY);
        let concurrency = match self.args.concurrency {
            None => Concurrency::Fixed(slots),
            Some(AtOnce::Fixed(number)) => Concurrency::Fixed(number),
            Some(AtOnce::Auto) => Concurrency::Adaptive {
                start: slots,
                most: slots.max(MOST),
            },
        };
        let reuse = if self.args.fresh {
            Reuse::Nothing
        } else {
            Reuse::Deliver
        };
        let runner = Runner::new(self.ledger.clone(), concurrency).reuse(reuse);
        Ok(match self.args.deadline {
            Some(deadline) => runner.deadline(deadline),
            None => runner,
        })
    }

    /// Waits until what runs for the command is gone.
    pub(crate) async fn end(self) {
        model::close(&self.service).await;
    }
}

/// The time, as RFC 3339 has it.
pub(crate) fn now() -> String {
    let now = jiff::Timestamp::now();
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
