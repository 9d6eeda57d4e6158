//! `ml probe`: questions with known answers, and how many of them a model gets right.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use futures::stream;
use inference_core::GenerateOptions;
use ml_judge::report::{Report, ReportBuilder, RunDescription, RunKind};
use ml_judge::{Done, Mode, Probe, ProbeSet};

use crate::args;
use crate::bulk::{self, Bulk, BulkArgs, JudgeArgs, Output, Subject, Work, say_summary, verdict};
use crate::commands::Context;
use crate::failure::Failure;
use crate::model::ModelArgs;
use crate::screen::{self, Screen};

mod ask;
mod choice;
mod scoring;
mod table;

use ask::Asking;
use choice::ChoiceArgs;
use scoring::Scoring;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ProbeArgs {
    #[command(flatten)]
    choice: ChoiceArgs,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    asking: AskingArgs,

    #[command(flatten)]
    judge: JudgeArgs,

    /// Rules of the checks: v2 or legacy-2026-02, which knows the built-in capability probes only
    #[arg(long, value_name = "MODE", default_value_t, help_heading = "Probes")]
    mode: Mode,

    #[command(flatten)]
    bulk: BulkArgs,

    /// Write the report with every answer as JSON
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,

    /// Write the report as a page for a browser
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    html: Option<PathBuf>,
}

/// How each probe is asked.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Sampling")]
struct AskingArgs {
    /// Most tokens of an answer
    #[arg(long, value_name = "N", default_value_t = 512)]
    max_tokens: u32,

    /// Divides the logits; 0 is greedy
    #[arg(
        long,
        value_name = "T",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    temperature: f64,

    /// How often each probe is asked; above temperature 0 each time with another seed
    #[arg(long, value_name = "N", default_value = "1")]
    epochs: NonZeroU32,
}

const EXAMPLES: &str = "\
Examples:
  ml probe --model smol
  ml probe --model smol --suite generated --seed 7 --per-category 5 --output smol.json
  ml probe --model smol --temperature 0.7 --epochs 5 --seed 1 --html smol.html
  ml probe --model smol --suite content --judge qwen
  ml probe --url http://127.0.0.1:8080 --probes mine.toml --category code --json | jq .aggregates
  ml compare before.json after.json

What was interrupted goes on where it was: the same command asks nothing twice that the ledger has.
Exit codes: 0 asked, 1 failed or nothing was answered, 2 wrong usage, 130 Ctrl-C.";

/// Asks a model probes and shows how many it gets right.
pub(crate) async fn run(args: ProbeArgs, context: &Context) -> Result<(), Failure> {
    let set = args.choice.set(context)?;
    let options = check(&args, &set, context)?;
    let bulk = Bulk::start(&args.bulk, context)?;
    let done = probe(&args, &set, options, &bulk).await;
    bulk.end().await;
    done
}

/// Refuses what could not work, before anything is loaded; gives how probes are asked.
fn check(args: &ProbeArgs, set: &ProbeSet, context: &Context) -> Result<GenerateOptions, Failure> {
    let usage = |message: String| Failure::from(args::usage("probe", context, message));
    let files = [&args.output, &args.html];
    if files
        .iter()
        .any(|file| file.as_ref().is_some_and(|file| file.as_os_str() == "-"))
    {
        let message = "stdout has the table: --json prints the report there instead";
        return Err(usage(message.to_owned()));
    }
    scoring::check(set, args.mode, args.judge.is_named()).map_err(usage)?;
    let options = GenerateOptions::default()
        .max_tokens(args.asking.max_tokens)
        .temperature(args.asking.temperature);
    match options.validate() {
        Ok(()) => Ok(options),
        Err(error) => Err(usage(error.message().to_owned())),
    }
}

async fn probe(
    args: &ProbeArgs,
    set: &ProbeSet,
    options: GenerateOptions,
    bulk: &Bulk<'_>,
) -> Result<(), Failure> {
    let files = Files::open(args)?;
    let subject = bulk.subject(&args.model, options).await?;
    let judges = bulk.judges(&args.judge).await?;
    let scoring = Scoring::new(set, args.mode, judges.as_ref(), bulk)?;
    let asking = Asking {
        set,
        subject: &subject,
        epochs: args.asking.epochs.get(),
        seed: args.choice.seed(),
    };
    let mut report = scoring.trust(describe(args, set, &subject));
    let runner = bulk.runner(Some(&subject.name))?;
    let runner = scoring.runner(runner.model(subject.asker.clone()));
    let right = Cell::new(0);
    let work = Work {
        verb: "asked",
        total: asking.count(),
        right: Some(&right),
    };
    let mut failures = Failures::default();
    let each = |done: Done| {
        right.set(right.get() + u64::from(is_right(&done)));
        failures.say(&done);
        report.add(&done).map_err(anyhow::Error::new)?;
        Ok::<_, Failure>(())
    };
    let items = stream::iter(asking.items());
    let summary = bulk.work(work, runner, items, each).await?;
    if summary.cancelled {
        return Err(bulk::stopped(work, &summary));
    }
    failures.say_rest();
    let report = report.finish(bulk::now(), &summary);
    show(args, set, &report, bulk.context.screen)?;
    say_unscored(&report, bulk.context.screen);
    say_summary(&summary, bulk.context.screen);
    files.write(&report, bulk.context.screen)?;
    verdict(&summary, bulk.context.screen)
}

fn describe(args: &ProbeArgs, set: &ProbeSet, subject: &Subject) -> ReportBuilder {
    let mut run = RunDescription::new(RunKind::Probe, args.mode, bulk::now());
    run.model = Some(subject.identity.clone());
    run.sampling = Some(subject.options.clone());
    run.seed = args.choice.seed();
    run.epochs = args.asking.epochs.get();
    ReportBuilder::new(run).probes(set)
}

fn is_right(done: &Done) -> bool {
    let mut scores = done.scores.iter().map(|scored| &scored.score);
    scores.any(|score| score.suite == Probe::SUITE && score.value("correct") == Some(1.0))
}

/// Prints the tables, or the report.
fn show(args: &ProbeArgs, set: &ProbeSet, report: &Report, screen: Screen) -> Result<(), Failure> {
    if !args.bulk.json {
        return screen::write_out(&table::shown(set, report, screen.out));
    }
    let mut json = Vec::new();
    report.write(&mut json).map_err(anyhow::Error::new)?;
    screen::write_out(&String::from_utf8_lossy(&json))
}

/// Says why there are answers without a score.
fn say_unscored(report: &Report, screen: Screen) {
    for (suite, reasons) in &report.counts.unscored {
        for (reason, count) in reasons {
            let mark = screen.err.warn("unscored:");
            screen::say(format_args!("{mark} {suite}, {count} times: {reason}"));
        }
    }
}

/// Names the probes that have no answer, the first ten of them.
#[derive(Debug, Default)]
struct Failures(u64);

impl Failures {
    const NAMED: u64 = 10;

    fn say(&mut self, done: &Done) {
        let Some(Err(failure)) = &done.answer else {
            return;
        };
        if self.0 < Self::NAMED {
            screen::say(format_args!(
                "no answer to {:?}: {failure}",
                done.response.id
            ));
        }
        self.0 += 1;
    }

    fn say_rest(&self) {
        if self.0 > Self::NAMED {
            let more = self.0 - Self::NAMED;
            screen::say(format_args!("and {more} more without an answer"));
        }
    }
}

/// The files that the report goes into.
struct Files<'a> {
    args: &'a ProbeArgs,
    json: Option<Output>,
    html: Option<Output>,
}

impl<'a> Files<'a> {
    /// Opens them before anything is asked, so that what cannot be written shows at once.
    fn open(args: &'a ProbeArgs) -> Result<Self, Failure> {
        Ok(Self {
            args,
            json: args.output.as_deref().map(Output::create).transpose()?,
            html: args.html.as_deref().map(Output::create).transpose()?,
        })
    }

    fn write(self, report: &Report, screen: Screen) -> Result<(), Failure> {
        let is_told = self.json.is_some() || self.html.is_some() || self.args.bulk.json;
        if let Some(json) = self.json {
            json.fill(|file| Ok(report.write(file)?))?;
        }
        if let Some(html) = self.html {
            html.fill(|file| Ok(file.write_all(report.html().as_bytes())?))?;
        }
        for file in [&self.args.output, &self.args.html].into_iter().flatten() {
            screen::say(format_args!("wrote {}", file.display()));
        }
        if !is_told {
            let hint = "every answer: the same command with --html FILE or --output FILE, \
                        which asks nothing again";
            screen::say(screen.err.dim(hint));
        }
        Ok(())
    }
}
