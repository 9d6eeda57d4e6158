//! What the commands that ask and score in bulk share: their flags, the models they ask, the run
//! with its progress and its end.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use ml_judge::{Ledger, Reuse, Runner};
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
pub(crate) const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(4).expect("4 is not zero");

/// How to work through many items.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct BulkArgs {
    /// The file that remembers what was asked and scored, so that nothing is done twice [default:
    /// ml/ledger.sqlite in the user's data folder]
    #[arg(long, value_name = "PATH")]
    ledger: Option<PathBuf>,

    /// Items in work at once [default: the model's slots, else 4]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    concurrency: Option<NonZeroUsize>,

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
        let concurrency = self.args.concurrency.or(slots).unwrap_or(CONCURRENCY);
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
