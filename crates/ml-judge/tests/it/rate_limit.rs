//! A run slows down where a server says so, be it a model's or a judge's.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use futures::stream;
use inference_conformance::{Script, ScriptedModel};
use inference_core::{Error, ErrorKind, Prompt, Retry};
use ml_judge::{
    Ask, Asker, Concurrency, JudgedSuite, Ledger, Mode, ModelIdentity, Panel, Response, Runner,
    Scorer, WorkItem,
};
use tokio::time::Instant;

use crate::judge_script::{Bench, rubric, verdict};

const PAUSE: Duration = Duration::from_secs(30);

fn failing(kind: ErrorKind) -> ScriptedModel {
    let error = Error::new(kind, "not now").with_retry(Retry::After(PAUSE));
    ScriptedModel::new("busy").otherwise(Script::default().then_fail(error))
}

fn judged(judges: &[Bench]) -> Scorer {
    let judges = judges.iter().map(|bench| bench.judge.clone()).collect();
    let panel = Panel::new(judges).expect("judges");
    let suite = JudgedSuite::new(rubric("toxicity"), panel, Mode::V2);
    Scorer::new(Arc::new(suite), Mode::V2)
}

/// Whether a run of three items with a new ledger, one at a time, pauses between them.
async fn pauses(with: impl FnOnce(Runner) -> Runner) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger::open(folder.path().join("ledger.sqlite")).expect("a ledger");
    pauses_on(&ledger, with).await
}

async fn pauses_on(ledger: &Ledger, with: impl FnOnce(Runner) -> Runner) -> bool {
    let one = NonZeroUsize::MIN;
    let adaptive = Concurrency::Adaptive {
        start: one,
        most: one,
    };
    let runner = with(Runner::new(ledger.clone(), adaptive));
    let items = ["a", "b", "c"].map(|text| {
        let mut response = Response::new(text, text, text);
        response.domain = Some("toxigen".to_owned());
        WorkItem::ask(response, Ask::new(Prompt::user(text)))
    });
    let start = Instant::now();
    let run = runner.run(stream::iter(items)).expect("a ledger");
    assert_eq!(run.finish(drop).await.expect("written").items, 3);
    start.elapsed() >= PAUSE
}

fn asker(model: ScriptedModel) -> Asker {
    let identity = ModelIdentity::of_content("scripted", "0", None);
    Asker::new(Arc::new(model), identity)
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_of_the_model_pauses_the_run() {
    for (kind, is_heeded) in [
        (ErrorKind::RateLimited, true),
        (ErrorKind::Unavailable, false),
    ] {
        let paused = pauses(|runner| runner.model(asker(failing(kind)))).await;
        assert_eq!(paused, is_heeded, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_of_any_judge_pauses_the_run() {
    let good = || Bench::saying([verdict(3)]);
    let bad = |kind| Bench::new(failing(kind));
    for (what, judges, is_heeded) in [
        ("one judge", vec![bad(ErrorKind::RateLimited)], true),
        (
            "one of three, whose panel scores",
            vec![good(), bad(ErrorKind::RateLimited), good()],
            true,
        ),
        ("another failure", vec![bad(ErrorKind::Unavailable)], false),
        ("none", vec![good()], false),
    ] {
        let answering = ScriptedModel::new("model").otherwise(["an answer"]);
        let with = |runner: Runner| runner.model(asker(answering)).scorer(judged(&judges));
        assert_eq!(pauses(with).await, is_heeded, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_that_a_recorded_score_tells_of_is_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger::open(folder.path().join("ledger.sqlite")).expect("a ledger");
    let good = || Bench::saying([verdict(3)]);
    let judges = [good(), Bench::new(failing(ErrorKind::RateLimited)), good()];
    for is_heeded in [true, false] {
        let answering = ScriptedModel::new("model").otherwise(["an answer"]);
        let with = |runner: Runner| runner.model(asker(answering)).scorer(judged(&judges));
        assert_eq!(pauses_on(&ledger, with).await, is_heeded);
    }
}
