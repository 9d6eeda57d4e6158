//! Scores a file of answers, a JSON object a line, by suites that need no judge.
//!
//! ```sh
//! cargo run -p ml-judge --example score_answers -- ANSWERS.jsonl LEDGER.sqlite
//! ```

use std::error::Error;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use ml_judge::report::{Report, ReportBuilder, RunDescription, RunKind};
use ml_judge::{
    ExactSuite, JsonLines, Ledger, Mode, RefusalSuite, Response, Runner, Scorer, WorkItem,
};

/// The scores of a file of answers. What the ledger has is not scored again.
pub(crate) async fn score(answers: &Path, ledger: &Path) -> Result<Report, Box<dyn Error>> {
    let lines = JsonLines::<Response>::open(answers)?;
    let answers = lines.map(|line| Ok(line?.value));
    let answers = answers.collect::<Result<Vec<_>, Box<dyn Error>>>()?;

    let runner = Runner::new(Ledger::open(ledger)?, NonZeroUsize::MIN)
        .scorer(Scorer::new(Arc::new(ExactSuite::new(Mode::V2)), Mode::V2))
        .scorer(Scorer::new(Arc::new(RefusalSuite), Mode::V2));
    let mut run = runner.run(stream::iter(answers.into_iter().map(WorkItem::score)))?;

    let mut report = ReportBuilder::new(RunDescription::new(RunKind::Score, Mode::V2, "now"));
    while let Some(done) = run.next().await {
        report.add(&done?)?;
    }
    Ok(report.finish("now", &run.summary()))
}

#[expect(clippy::print_stdout, reason = "an example prints its result")]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [answers, ledger] = &arguments[..] else {
        return Err("usage: score_answers ANSWERS.jsonl LEDGER.sqlite".into());
    };
    for row in score(answers.as_ref(), ledger.as_ref()).await?.rows() {
        println!("{:<16} {:>8}  {}", row.label, row.value, row.interval);
    }
    Ok(())
}
