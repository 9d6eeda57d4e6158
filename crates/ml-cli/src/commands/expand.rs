//! `ml expand`: the answers to a file of prompts.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use futures::stream;
use ml_judge::{Ask, Done, Order, Response, RunSummary, WorkItem};
use serde_json::json;

use crate::args;
use crate::bulk::{
    self, BadLines, Bulk, BulkArgs, Checked, Output, Subject, Work, say_summary, verdict,
};
use crate::commands::Context;
use crate::failure::Failure;
use crate::model::ModelArgs;
use crate::sampling::SamplingArgs;
use crate::screen;

mod line;
mod pending;

use line::{AnswerLine, FailureLine, PromptLine};
use pending::Pending;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExpandArgs {
    /// A JSON object a line, with id and prompt or messages, perhaps system; other fields stay as
    /// they are. - reads stdin
    #[arg(short, long, value_name = "FILE|-")]
    input: PathBuf,

    /// Where the answers go, a line for each that was answered; - is stdout
    #[arg(short, long, value_name = "FILE|-")]
    output: PathBuf,

    /// Where the prompts without an answer go, with the reason
    #[arg(long, value_name = "FILE")]
    failures: Option<PathBuf>,

    /// Instructions for the model, where a line brings none; "" for none [default: as of `ml
    /// generate`]
    #[arg(short, long, value_name = "TEXT")]
    system: Option<String>,

    /// Keep the order of the input; else answers come as they are finished
    #[arg(long)]
    ordered: bool,

    /// Pass over lines that are broken or have an id that was there before, instead of refusing
    /// the input
    #[arg(long)]
    keep_going: bool,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    sampling: SamplingArgs,

    /// How often each prompt is asked; with --seed each time with the next one
    #[arg(
        long,
        value_name = "N",
        default_value = "1",
        allow_negative_numbers = true,
        help_heading = "Sampling"
    )]
    epochs: NonZeroU32,

    #[command(flatten)]
    bulk: BulkArgs,
}

const EXAMPLES: &str = "\
Examples:
  ml expand --model smol --input prompts.jsonl --output responses.jsonl
  ml expand --model smol -i prompts.jsonl -o - --ordered | jq -r .response
  ml expand --url http://127.0.0.1:8080 -i p.jsonl -o r.jsonl --concurrency 32 --temperature 0.7
  ml expand --model smol -i p.jsonl -o r.jsonl --failures failed.jsonl --keep-going
  ml expand --model smol -i p.jsonl -o r.jsonl --epochs 5 --temperature 0.7 --seed 1
  ml score --input responses.jsonl --suites heuristic,exact --output scores.json

A prompt:  {\"id\": \"sum\", \"prompt\": \"What is 2 + 2?\", \"correct_answer\": \"4\"}
Its answer has all of that, and response, model, elapsed_seconds, finish_reason and usage; of
several answers each has its epoch, from 0, by which `ml score` tells them apart.
What was interrupted goes on where it was: answers are kept in the ledger, and the output appears
when it is complete.
Exit codes: 0 answered, 1 failed or nothing was answered, 2 wrong usage, 130 Ctrl-C.";

/// Answers a file of prompts.
pub(crate) async fn run(args: ExpandArgs, context: &Context) -> Result<(), Failure> {
    let options = args.sampling.options();
    options
        .validate()
        .map_err(|error| args::usage("expand", context, error.message()))?;
    if args.bulk.json && args.output.as_os_str() == "-" {
        let message = "--json and --output - both want stdout: name a file for the answers";
        return Err(args::usage("expand", context, message).into());
    }
    let bad_lines = BadLines::of(args.keep_going);
    let prompts = bulk::check::<PromptLine>(&args.input, bad_lines, context).await?;
    let bulk = Bulk::start(&args.bulk, context)?;
    let done = async {
        let subject = bulk.subject(&args.model, options).await?;
        answer(&args, &bulk, subject, &prompts).await
    };
    let done = done.await;
    bulk.end().await;
    done
}

async fn answer(
    args: &ExpandArgs,
    bulk: &Bulk<'_>,
    subject: Subject,
    prompts: &Checked,
) -> Result<(), Failure> {
    let epochs = args.epochs.get();
    let work = Work {
        verb: "answered",
        total: prompts.count * u64::from(epochs),
        right: None,
    };
    let mut sink = Sink::open(args)?;
    let pending = Pending::default();
    let asked = prompts.values::<PromptLine>()?.flat_map(|prompt| {
        let prompt = Arc::new(prompt);
        (0..epochs).map(move |epoch| (epoch, Arc::clone(&prompt)))
    });
    let items = asked.enumerate().map(|(index, (epoch, prompt))| {
        pending.put(index as u64, Arc::clone(&prompt));
        item(&prompt, epoch, args, &subject)
    });
    let order = if args.ordered {
        Order::Kept
    } else {
        Order::AsFinished
    };
    let runner = bulk.runner(Some(&subject.name))?.order(order);
    let runner = runner.model(subject.asker.clone());
    let each = |done: Done| match pending.take(done.index) {
        Some(prompt) => sink.take(&done, &prompt),
        None => Ok(()),
    };
    let summary = bulk.work(work, runner, stream::iter(items), each).await?;
    if summary.cancelled {
        return Err(bulk::stopped(work, &summary));
    }
    sink.commit()?;
    report(args, bulk, &subject, prompts, &summary)
}

fn item(prompt: &PromptLine, epoch: u32, args: &ExpandArgs, subject: &Subject) -> WorkItem {
    let ask = Ask::new(prompt.prompt(args.system.as_deref(), &subject.info));
    let asked = Response::new(&prompt.id, prompt.asked(), "");
    let mut options = subject.options.clone();
    options.seed = options.seed.map(|seed| seed.wrapping_add(epoch.into()));
    WorkItem::ask(asked, ask.options(options).epoch(epoch))
}

/// Where answers and failures go.
struct Sink {
    answers: Output,
    failures: Option<Output>,
    /// Whether prompts are asked several times, so that lines tell which time it was.
    several: bool,
    failed: u64,
    /// The first of these, for stderr.
    named: Vec<String>,
}

/// Failures that are named on stderr.
const NAMED: usize = 10;

impl Sink {
    fn open(args: &ExpandArgs) -> Result<Self, Failure> {
        let failures = args.failures.as_deref().map(Output::create).transpose()?;
        Ok(Self {
            answers: Output::create(&args.output)?,
            failures,
            several: args.epochs.get() > 1,
            failed: 0,
            named: Vec::new(),
        })
    }

    fn take(&mut self, done: &Done, prompt: &PromptLine) -> Result<(), Failure> {
        let epoch = self.several.then_some(done.response.epoch);
        let Some(Err(failure)) = &done.answer else {
            let line = screen::json_line(&AnswerLine::new(prompt, epoch, done));
            return self.answers.push(&line);
        };
        self.failed += 1;
        if self.named.len() < NAMED {
            let id = &done.response.id;
            self.named.push(format!("no answer to {id:?}: {failure}"));
        }
        match &mut self.failures {
            Some(failures) => {
                let line = screen::json_line(&FailureLine::new(prompt, epoch, failure));
                failures.push(&line)
            }
            None => Ok(()),
        }
    }

    fn commit(self) -> Result<(), Failure> {
        for failure in &self.named {
            screen::say(failure);
        }
        let more = self.failed - self.named.len() as u64;
        if more > 0 {
            screen::say(format_args!("and {more} more without an answer"));
        }
        if let Some(failures) = self.failures {
            failures.commit()?;
        }
        self.answers.commit()
    }
}

fn report(
    args: &ExpandArgs,
    bulk: &Bulk<'_>,
    subject: &Subject,
    prompts: &Checked,
    summary: &RunSummary,
) -> Result<(), Failure> {
    let screen = bulk.context.screen;
    say_summary(summary, screen);
    if args.bulk.json {
        let json = json!({
            "model": subject.info.name,
            "backend": subject.info.backend,
            "identity": subject.identity,
            "output": args.output,
            "passed_over": prompts.bad,
            "summary": summary,
        });
        screen::write_out(&screen::json_line(&json))?;
    }
    verdict(summary, screen)
}
