//! Asks two models the same generated probes, and says whether the second one is better, as two
//! runs of `ml probe --suite generated` and `ml compare` do.
//!
//! ```sh
//! cargo run -p ml-cli --example compare_checkpoints -- BEFORE AFTER LEDGER.sqlite
//! ```
//!
//! Both are configured names, files, folders or URLs of servers.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use futures::{StreamExt as _, stream};
use inference_core::{GenerateOptions, LoadOptions, Prompt};
use ml_judge::report::{Report, ReportBuilder, RunComparison, RunDescription, RunKind, compare};
use ml_judge::{
    Ask, Asker, Ledger, Mode, ModelIdentity, Probe, ProbeSet, ProbeSuite, Response, Runner, Scorer,
    WorkItem, generated,
};
use ml_service::{Config, ConfigSources, ModelConfig, Service};

/// Two checkpoints compared on five probes of each kind. What the ledger has is not asked again.
pub(crate) async fn checkpoints(before: &str, after: &str, ledger: &Path) -> Result<RunComparison> {
    let probes = generated::generate(7, 5, &[])?;
    let ledger = Ledger::open(ledger)?;
    let before = probe(before, &probes, &ledger).await?;
    let after = probe(after, &probes, &ledger).await?;
    Ok(compare(&before, &after)?)
}

async fn probe(model: &str, probes: &ProbeSet, ledger: &Ledger) -> Result<Report> {
    let service = Service::new(&Config::load(&ConfigSources::from_env())?);
    let name = if model.starts_with("http") {
        service.add(model, ModelConfig::at_url(model))?;
        model.to_owned()
    } else {
        service.open(Some(model), &LoadOptions::default())?
    };
    let identity = ModelIdentity::from(service.fingerprint(&name).await?);
    let model = service.get(Some(&name)).await?;
    let checks = Scorer::new(Arc::new(ProbeSuite::new(probes, Mode::V2)), Mode::V2);
    let four = NonZeroUsize::new(4).expect("4 is not zero");
    let runner = Runner::new(ledger.clone(), four);
    let runner = runner.model(Asker::new(model, identity)).scorer(checks);

    let item = |probe: &Probe| {
        let ask = Ask::new(Prompt::Chat(probe.messages()));
        let asked = Response::new(&probe.id, &probe.prompt, "");
        WorkItem::ask(
            asked,
            ask.options(GenerateOptions::default().max_tokens(128)),
        )
    };
    let items: Vec<_> = probes.probes().iter().map(item).collect();
    let mut run = runner.run(stream::iter(items))?;
    let description = RunDescription::new(RunKind::Probe, Mode::V2, "now");
    let mut report = ReportBuilder::new(description).probes(probes);
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
    let [before, after, ledger] = &arguments[..] else {
        anyhow::bail!("usage: compare_checkpoints BEFORE AFTER LEDGER.sqlite");
    };
    let comparison = checkpoints(before, after, ledger.as_ref()).await?;
    for row in comparison.rows() {
        let (change, difference) = (row.change.name(), &row.difference);
        println!(
            "{}: {} and {}, {change} ({difference}, {}; p {})",
            row.label, row.first, row.second, row.interval, row.p
        );
    }
    Ok(())
}
