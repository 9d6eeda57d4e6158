//! `ml score`: the scores of a file of answers.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use futures::stream;
use ml_judge::report::{
    Report, ReportBuilder, RunDescription, RunKind, ScorerMetadata, SuiteTrust,
};
use ml_judge::{Done, JudgeAbsent, Response, RunSummary, Selection, WorkItem};
use ml_service::SuiteRules;
use serde_json::json;

use crate::args;
use crate::bulk::{
    self, BadLines, Bulk, BulkArgs, Checked, JudgeArgs, Judges, Named, RulesArgs, SuiteScorers,
    TrustArgs, Work, say_summary, trust_subject, verdict,
};
use crate::commands::Context;
use crate::failure::{self, Failure};
use crate::screen::{self, Paint, Screen};
use crate::table::Table;

mod output;

use output::Outputs;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ScoreArgs {
    /// Answers, a JSON object a line, as `ml expand` writes them; - reads stdin
    #[arg(short, long, value_name = "FILE|-")]
    input: PathBuf,

    /// Where the scores go, as JSON; - is stdout
    #[arg(short, long, value_name = "FILE|-")]
    output: PathBuf,

    /// Where a page for people goes, with every answer and its scores
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// What to score
    #[arg(short, long, value_name = "NAMES", help = SUITES)]
    suites: Option<String>,

    /// Pass over lines that are broken or have an id that was there before, and suites that need
    /// a judge where there is none, instead of refusing
    #[arg(long)]
    keep_going: bool,

    #[command(flatten)]
    rules: RulesArgs,

    #[command(flatten)]
    judge: JudgeArgs,

    #[command(flatten)]
    trust: TrustArgs,

    #[command(flatten)]
    bulk: BulkArgs,
}

const SUITES: &str = "\
What to score, between commas: heuristic, exact, refusal, and with a judge semantic, content, \
capability, truthfulness, do_not_answer, toxicity; standard is the last three, all is everything \
[default: all, without a judge all that need none]";

const EXAMPLES: &str = "\
Examples:
  ml score --input responses.jsonl --suites heuristic,exact --output scores.json
  ml score -i responses.jsonl -s semantic --judge judge-7b -o scores.json --html scores.html
  ml score -i responses.jsonl -s tone --rubric tone.toml --judge http://127.0.0.1:8080 -o s.json
  ml score -i in.jsonl -s heuristic,exact --mode legacy-2026-02 -o out.json

An answer:  {\"id\": \"sum\", \"model\": \"smol\", \"prompt\": \"2 + 2?\", \"response\": \"4\"}
and where there are any domain, correct_answer, best_answer, risk_area; several answers to a prompt
have its id and an epoch each.
Scores are kept in the ledger: what was interrupted goes on where it was, and nothing is judged
twice. Scores of a judge that `ml judge-check` has not measured are marked untrusted.
Exit codes: 0 scored, 1 failed or nothing came of a suite, 2 wrong usage, 130 Ctrl-C.";

impl Named for Response {
    fn id(&self) -> &str {
        &self.id
    }

    fn epoch(&self) -> u32 {
        self.epoch
    }
}

/// Scores a file of answers.
pub(crate) async fn run(args: ScoreArgs, context: &Context) -> Result<(), Failure> {
    if args.bulk.json && args.output.as_os_str() == "-" {
        let message = "--json and --output - both want stdout: name a file for the scores";
        return Err(args::usage("score", context, message).into());
    }
    let rules = args.rules.rules()?;
    let selection = selection(&args, &rules, context)?;
    let bad_lines = BadLines::of(args.keep_going);
    let responses = bulk::check::<Response>(&args.input, bad_lines, context).await?;
    let bulk = Bulk::start(&args.bulk, context)?;
    let done = async {
        let (judges, selection) = judges(&args, &bulk, selection).await?;
        let suites = selection.names();
        let suites = suites.filter_map(|name| args.rules.scorers(name, &rules, judges.as_ref()));
        let suites: Vec<_> = suites.collect();
        score(&args, &bulk, &suites, judges.as_ref(), &responses).await
    };
    let done = done.await;
    bulk.end().await;
    done
}

/// The suites that are meant. Without a judge those that need one are refused, or passed over
/// where that was asked for; a judge that none needs is refused too.
fn selection(
    args: &ScoreArgs,
    rules: &SuiteRules,
    context: &Context,
) -> Result<Selection, Failure> {
    let usage = |message: &dyn std::fmt::Display| -> Failure {
        args::usage("score", context, message).into()
    };
    let named = args.suites.as_deref();
    let selection = rules.select(named.unwrap_or("all"));
    let selection = selection.map_err(|error| usage(&error))?;
    let is_judged = args.judge.is_named();
    let (others, absent) = selection.clone().without_judge();
    match absent {
        None if is_judged => {
            let names: Vec<_> = selection.names().collect();
            let names = names.join(", ");
            let message = format!("of {names} none asks a judge: leave --judge out");
            Err(usage(&message))
        }
        Some(absent) if !is_judged && named.is_some() => {
            if !args.keep_going || others.is_empty() {
                let message = format!("{absent}; name one with --judge, or leave them out");
                return Err(usage(&message));
            }
            pass_over(&absent, context.screen);
            Ok(others)
        }
        _ if is_judged => Ok(selection),
        _ => Ok(others),
    }
}

fn pass_over(absent: &JudgeAbsent, screen: Screen) {
    let mark = screen.err.warn("passed over:");
    screen::say(format_args!("{mark} {absent}"));
}

/// The judges, and what is scored. Where they cannot be had, the suites that need them are passed
/// over if that was asked for and others are left.
async fn judges(
    args: &ScoreArgs,
    bulk: &Bulk<'_>,
    selection: Selection,
) -> Result<(Option<Judges>, Selection), Failure> {
    let error = match bulk.judges(&args.judge).await {
        Ok(judges) => return Ok((judges, selection)),
        Err(Failure::Failed(error)) if args.keep_going => error,
        Err(failure) => return Err(failure),
    };
    let screen = bulk.context.screen;
    match selection.without_judge() {
        (others, Some(absent)) if !others.is_empty() => {
            failure::say(screen, &error);
            pass_over(&absent, screen);
            Ok((None, others))
        }
        _ => Err(error.into()),
    }
}

async fn score(
    args: &ScoreArgs,
    bulk: &Bulk<'_>,
    suites: &[SuiteScorers],
    judges: Option<&Judges>,
    responses: &Checked,
) -> Result<(), Failure> {
    let work = Work {
        verb: "scored",
        total: responses.count,
        right: None,
    };
    let mut runner = bulk.runner(judges.and_then(Judges::first))?;
    for suite in suites {
        for scorer in &suite.scorers {
            runner = runner.scorer(scorer.clone());
        }
    }
    let outputs = Outputs::create(args)?;
    let mut run = RunDescription::new(RunKind::Score, args.rules.mode, bulk::now());
    run.input = Some(args.input.display().to_string());
    let mut builder = ReportBuilder::new(run);
    for suite in suites {
        if let Some(trust) = trust(args, bulk, suite)? {
            builder = builder.trust(suite.suite.name(), trust);
        }
    }
    let items = responses.values::<Response>()?.map(WorkItem::score);
    let each = |done: Done| {
        let added = builder.add(&done);
        added.map_err(|error| anyhow::Error::new(error).into())
    };
    let summary = bulk.work(work, runner, stream::iter(items), each).await?;
    if summary.cancelled {
        return Err(bulk::stopped(work, &summary));
    }
    let ended = summary.clone();
    let finishing = tokio::task::spawn_blocking(move || builder.finish(bulk::now(), &ended));
    bulk.spinner.say("working out the intervals".to_owned());
    let report = bulk.spinner.during(finishing).await;
    let report = report.context("the report was not finished")?;
    outputs.write(&report, &metadata(args, judges))?;
    show(args, bulk, &report, &summary, responses.bad)?;
    verdict(&summary, bulk.context.screen)
}

/// What the file of the legacy mode says of the run.
fn metadata(args: &ScoreArgs, judges: Option<&Judges>) -> ScorerMetadata {
    let suites = args.suites.as_deref().unwrap_or("all").split(',');
    let records = judges.map_or(&[][..], |judges| judges.panel.records());
    let models: Vec<_> = records.iter().map(|judge| &*judge.model).collect();
    let names = judges.into_iter().flat_map(|judges| &judges.names);
    let urls = names.filter(|name| name.contains("://"));
    ScorerMetadata {
        judge_model: models.join(", "),
        judge_url: urls.cloned().collect::<Vec<_>>().join(", "),
        scored_at: bulk::now(),
        scorer_version: String::new(),
        suites: suites.map(|suite| suite.trim().to_owned()).collect(),
    }
}

/// Says what came of it: a table, or one object.
fn show(
    args: &ScoreArgs,
    bulk: &Bulk<'_>,
    report: &Report,
    summary: &RunSummary,
    passed_over: u64,
) -> Result<(), Failure> {
    let screen = bulk.context.screen;
    if args.bulk.json {
        let json = json!({
            "output": args.output,
            "html": args.html,
            "mode": report.run.mode,
            "suites": report.suites,
            "counts": report.counts,
            "aggregates": report.aggregates,
            "passes": report.passes,
            "passed_over": passed_over,
            "summary": summary,
        });
        screen::write_out(&screen::json_line(&json))?;
    } else if args.output.as_os_str() != "-" {
        screen::write_out(&table(report, screen.out))?;
        screen::write_out(&bulk::passes(report, screen.out))?;
    }
    say_summary(summary, screen);
    if let Some(page) = &args.html {
        let page = page.display();
        screen::say(format_args!("{} {page}", screen.err.good("page:")));
    }
    Ok(())
}

/// The means with their intervals.
fn table(report: &Report, paint: Paint) -> String {
    let mut table = Table::new(["SCORE", "MEAN", "95 % INTERVAL", "N"], paint);
    for row in report.rows() {
        let note = Some(row.note.as_str()).filter(|note| !note.is_empty());
        let cells = [row.label, row.value, row.interval, row.n.to_string()];
        table.push(cells.map(Into::into), note);
    }
    table.to_string()
}

/// What is known of how far a suite is to be believed. Of suites without a judge nothing needs to
/// be.
fn trust(
    args: &ScoreArgs,
    bulk: &Bulk<'_>,
    suite: &SuiteScorers,
) -> Result<Option<SuiteTrust>, Failure> {
    let record = bulk.trust_record(&trust_subject(&*suite.suite, suite.mode))?;
    let is_judged = !suite.suite.judges().is_empty();
    let trust = SuiteTrust::new(record, &args.trust.threshold());
    Ok((is_judged || trust.record.is_some()).then_some(trust))
}
