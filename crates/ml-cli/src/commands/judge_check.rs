//! `ml judge-check`: how far a judge, or a heuristic, agrees with people.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use futures::stream;
use ml_judge::stats::Level;
use ml_judge::trust::{
    Columns, Gold, GoldIdentity, JudgedItem, Judgment, LabelScale, Measurement, Trust, TrustRecord,
};
use ml_judge::{Done, PairSuite, Rubric, RunSummary, WorkItem};
use ml_service::SuiteRules;
use serde_json::json;

use crate::args;
use crate::bulk::{
    self, Bulk, BulkArgs, JudgeArgs, Judges, RulesArgs, SuiteScorers, TrustArgs, Work, say_summary,
    trust_subject, verdict,
};
use crate::commands::Context;
use crate::failure::Failure;
use crate::screen;

mod pairs;
mod show;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct JudgeCheckArgs {
    /// Answers that people labelled, as .csv or .jsonl
    #[arg(short, long, value_name = "FILE")]
    gold: PathBuf,

    /// Which column is what, between commas: response=…, label=… (one for each rater), and where
    /// there are any prompt=…, reference=…, id=…; yes:1 says which number a label in words is.
    /// With other=… rows are pairs, asked in both orders, and labels are a, b or tie [default:
    /// response=response,label=label]
    #[arg(long, alias = "column", value_name = "LIST")]
    columns: Option<Columns>,

    /// What to measure: refusal, exact, heuristic, or with a judge the name of a rubric
    #[arg(short, long, value_name = "NAME")]
    suite: String,

    /// The field of its scores that is compared with the labels [default: the suite's verdict or
    /// composite, the rubric's first dimension]
    #[arg(long, value_name = "NAME")]
    field: Option<String>,

    /// What labels are: names, an order, or numbers [default: nominal where scores are yes or no,
    /// ordinal where a rubric has a scale, else interval]
    #[arg(long, value_name = "LEVEL", value_enum)]
    level: Option<LevelName>,

    /// The least label and score that means yes
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    positive_from: Option<f64>,

    #[command(flatten)]
    rules: RulesArgs,

    #[command(flatten)]
    judge: JudgeArgs,

    #[command(flatten)]
    trust: TrustArgs,

    #[command(flatten)]
    bulk: BulkArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LevelName {
    /// Names: equal or not
    Nominal,
    /// An order, without distances
    Ordinal,
    /// Numbers
    Interval,
}

const EXAMPLES: &str = "\
Examples:
  ml judge-check --gold gold.csv --suite toxicity --judge judge-7b --repeats 3
  ml judge-check --gold gold.jsonl --suite tone --rubric tone.toml --judge judge-7b
  ml judge-check --gold refusal.csv --suite refusal \\
    --columns prompt=objective,response=assistant_response,label=human_score
  ml judge-check --gold g.csv --suite semantic --judge j --columns label=a,label=b,good:8,bad:2
  ml judge-check --gold pairs.csv --suite semantic --judge j --repeats 2 \\
    --columns prompt=question,response=answer_a,other=answer_b,label=better

The record is kept in the ledger, shown with later scores of the same judge asked the same way, and
says whether these are trusted.
Exit codes: 0 measured, 1 failed, 2 wrong usage, 130 Ctrl-C.";

impl From<LevelName> for Level {
    fn from(level: LevelName) -> Self {
        match level {
            LevelName::Nominal => Self::Nominal,
            LevelName::Ordinal => Self::Ordinal,
            LevelName::Interval => Self::Interval,
        }
    }
}

/// Measures a suite against people's labels.
pub(crate) async fn run(args: JudgeCheckArgs, context: &Context) -> Result<(), Failure> {
    let rules = args.rules.rules()?;
    require_suite(&args, &rules, context)?;
    let columns = args.columns.clone().unwrap_or_default();
    if columns.other.is_some() {
        pairs::require(&args, &rules.rubrics, context)?;
    }
    let gold = Gold::open(&args.gold, &columns).map_err(anyhow::Error::new)?;
    if gold.items.is_empty() {
        return Err(anyhow::anyhow!("{} has no rows", gold.name).into());
    }
    let bulk = Bulk::start(&args.bulk, context)?;
    let done = async {
        let judges = bulk.judges(&args.judge).await?;
        let rubric = rules.rubrics.get(&args.suite);
        let pairs = pairs::scorers(&args.rules, rubric, judges.as_ref(), &gold);
        let (scale, field) = match pairs {
            Some(_) => (pairs::SCALE, PairSuite::PREFERENCE.to_owned()),
            None => (scale(&args, rubric), field(&args, rubric)),
        };
        let suite = || args.rules.scorers(&args.suite, &rules, judges.as_ref());
        let suite = pairs.or_else(suite).expect("it was looked for before");
        let check = Check {
            args: &args,
            bulk: &bulk,
            scale,
            field,
            rubric,
            suite,
        };
        check.measure(gold, judges.as_ref()).await
    };
    let done = done.await;
    bulk.end().await;
    done
}

/// Refuses a suite that there is not, and one that needs a judge where there is none.
fn require_suite(
    args: &JudgeCheckArgs,
    rules: &SuiteRules,
    context: &Context,
) -> Result<(), Failure> {
    let usage = |message: &dyn std::fmt::Display| -> Failure {
        args::usage("judge-check", context, message).into()
    };
    let selection = rules.select(&args.suite).map_err(|error| usage(&error))?;
    if !selection.contains(&args.suite) {
        return Err(usage(&"one suite is measured at a time: name it"));
    }
    let (_, absent) = selection.without_judge();
    match absent {
        Some(absent) if !args.judge.is_named() => {
            Err(usage(&format!("{absent}; name one with --judge")))
        }
        None if args.judge.is_named() => Err(usage(&format!(
            "{} asks no judge: leave --judge out",
            args.suite
        ))),
        _ => Ok(()),
    }
}

/// What labels and scores mean.
fn scale(args: &JudgeCheckArgs, rubric: Option<&Rubric>) -> LabelScale {
    let by_suite = match (args.suite.as_str(), rubric) {
        ("refusal" | "exact", _) => LabelScale::VERDICT,
        (_, Some(rubric)) if rubric.scale().is_verdict() => LabelScale::VERDICT,
        (_, Some(_)) => LabelScale::of(Level::Ordinal),
        (_, None) => LabelScale::of(Level::Interval),
    };
    LabelScale {
        level: args.level.map_or(by_suite.level, Level::from),
        positive_from: args.positive_from.or(by_suite.positive_from),
    }
}

/// The field of the scores that is compared.
fn field(args: &JudgeCheckArgs, rubric: Option<&Rubric>) -> String {
    let named = args.field.clone();
    named.unwrap_or_else(|| {
        let first = rubric.and_then(|rubric| rubric.dimensions().first());
        let of_suite = match args.suite.as_str() {
            "refusal" => "refused",
            "exact" => "correct",
            _ => "lek_score",
        };
        first
            .map_or(of_suite, |dimension| &dimension.name)
            .to_owned()
    })
}

/// A suite that is measured.
struct Check<'a> {
    args: &'a JudgeCheckArgs,
    bulk: &'a Bulk<'a>,
    suite: SuiteScorers,
    rubric: Option<&'a Rubric>,
    scale: LabelScale,
    field: String,
}

impl Check<'_> {
    async fn measure(self, gold: Gold, judges: Option<&Judges>) -> Result<(), Failure> {
        let work = Work {
            verb: "judged",
            total: gold.items.len() as u64,
            right: None,
        };
        let mut runner = self.bulk.runner(judges.and_then(Judges::first))?;
        for scorer in &self.suite.scorers {
            runner = runner.scorer(scorer.clone());
        }
        let domain = self.rubric.and_then(Rubric::domain);
        let mut items = Vec::new();
        let mut responses = Vec::new();
        for item in gold.items {
            let mut response = item.response;
            response.domain = domain.map(ToOwned::to_owned).or(response.domain);
            responses.push(WorkItem::score(response));
            items.push(JudgedItem {
                labels: item.labels,
                ..JudgedItem::default()
            });
        }
        let each = |done: Done| {
            let judged = usize::try_from(done.index).ok();
            if let Some(item) = judged.and_then(|index| items.get_mut(index)) {
                item.judgments = self.judgments(&done);
                item.order_flips = pairs::order_flips(&done);
            }
            Ok(())
        };
        let summary = self
            .bulk
            .work(work, runner, stream::iter(responses), each)
            .await?;
        if summary.cancelled {
            return Err(bulk::stopped(work, &summary));
        }
        let identity = GoldIdentity {
            name: gold.name,
            hash: gold.hash,
        };
        let subject = trust_subject(&*self.suite.suite, self.suite.mode);
        let measurement = Measurement::new(self.scale);
        let measuring = move || measurement.record(subject, identity, bulk::now(), &items);
        self.bulk
            .spinner
            .say("working out the intervals".to_owned());
        let measured = self
            .bulk
            .spinner
            .during(tokio::task::spawn_blocking(measuring));
        let record = measured.await.context("the measurement was not finished")?;
        let record = record.map_err(anyhow::Error::new)?;
        self.keep(&record, &summary).await
    }

    fn judgments(&self, done: &Done) -> Vec<Judgment> {
        let scores = done.scores.iter();
        let judgments: Vec<_> = scores
            .map(|scored| Judgment::of(&scored.score, &self.field))
            .collect();
        if judgments.is_empty() {
            let reason = format!("{} does not apply to it", self.args.suite);
            let cause = None;
            return vec![Judgment::Unscored { reason, cause }];
        }
        judgments
    }

    /// Records what was measured and shows it.
    async fn keep(&self, record: &TrustRecord, summary: &RunSummary) -> Result<(), Failure> {
        let screen = self.bulk.context.screen;
        say_summary(summary, screen);
        // A judge that never answered was not measured.
        verdict(summary, screen)?;
        let json = serde_json::to_value(record).map_err(anyhow::Error::new)?;
        let key = record.subject.key();
        let kept = self.bulk.ledger.record_trust(&key, &json).await;
        kept.map_err(anyhow::Error::new)?;
        let threshold = self.args.trust.threshold();
        let trust = Trust::of(Some(record), &threshold);
        if self.args.bulk.json {
            let json = json!({
                "field": self.field,
                "record": record,
                "verdict": trust,
                "threshold": threshold,
                "summary": summary,
            });
            return screen::write_out(&screen::json_line(&json));
        }
        screen::write_out(&show::table(record, &self.field, screen.out))?;
        screen::write_out(&show::verdict(&trust, screen.out))
    }
}
