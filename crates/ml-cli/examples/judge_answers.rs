//! Lets a second model judge a file of answers, as `ml score --suites semantic` does.
//!
//! ```sh
//! cargo run -p ml-cli --example judge_answers -- JUDGE ANSWERS.jsonl LEDGER.sqlite
//! ```
//!
//! `JUDGE` is a configured name, a file, a folder or the URL of a server.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use futures::{StreamExt as _, stream};
use inference_core::{InferenceAdapter, LoadOptions};
use ml_judge::report::{Report, ReportBuilder, RunDescription, RunKind};
use ml_judge::{
    JsonLines, Judge, JudgeOptions, JudgedSuite, Ledger, Mode, ModelIdentity, Response, Rubrics,
    Runner, Scorer, WorkItem,
};
use ml_service::{Config, ConfigSources, ModelConfig, Service};

/// The scores that a judge gives a file of answers, by the rubric `semantic`. What the ledger has
/// is not judged again.
pub(crate) async fn judge(judge: &str, answers: &Path, ledger: &Path) -> Result<Report> {
    let service = Service::new(&Config::load(&ConfigSources::from_env())?);
    let name = if judge.starts_with("http") {
        service.add(judge, ModelConfig::at_url(judge))?;
        judge.to_owned()
    } else {
        service.open(Some(judge), &LoadOptions::default())?
    };
    let model = service.get(Some(&name)).await?;
    let identity = ModelIdentity::from(service.fingerprint(&name).await?);

    let shown = model.info().name.clone();
    let backend = Arc::new(InferenceAdapter::new(model));
    let judge = Judge::new(backend, shown, &JudgeOptions::default())?;
    let rubrics = Rubrics::built_in();
    let rubric = rubrics.get("semantic").context("it is built in")?;
    let suite = JudgedSuite::new(rubric.clone(), judge, Mode::V2);
    let scorer = Scorer::new(Arc::new(suite), Mode::V2).judged_by(&identity);
    let four = NonZeroUsize::new(4).expect("4 is not zero");
    let runner = Runner::new(Ledger::open(ledger)?, four).scorer(scorer);

    let lines = JsonLines::<Response>::open(answers)?;
    let answers = lines.map(|line| Ok(line?.value));
    let answers = answers.collect::<Result<Vec<_>>>()?;
    let mut run = runner.run(stream::iter(answers.into_iter().map(WorkItem::score)))?;
    let mut report = ReportBuilder::new(RunDescription::new(RunKind::Score, Mode::V2, "now"));
    while let Some(done) = run.next().await {
        report.add(&done?)?;
    }
    let report = report.finish("now", &run.summary());
    service.close().await?;
    Ok(report)
}

#[expect(clippy::print_stdout, reason = "an example prints its result")]
#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [name, answers, ledger] = &arguments[..] else {
        anyhow::bail!("usage: judge_answers JUDGE ANSWERS.jsonl LEDGER.sqlite");
    };
    let report = judge(name, answers.as_ref(), ledger.as_ref()).await?;
    for row in report.rows() {
        let (label, value) = (row.label, row.value);
        println!("{label:<30} {value:>8}  {}  {}", row.interval, row.note);
    }
    Ok(())
}
