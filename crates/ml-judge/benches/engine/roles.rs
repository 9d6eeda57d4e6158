//! What one process measures.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures::StreamExt as _;
use futures::stream;
use inference_core::Prompt;
use ml_judge::{
    Ask, Conflict, Done, Engine, Key, KeyHasher, Ledger, Origin, Response, Reuse, Runner, WorkItem,
};
use serde_json::Value;

use crate::measured::{Figures, resident};
use crate::{golden, instant};

const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");
const CALL: Duration = Duration::from_millis(20);

/// Measures, and gives the figures as JSON.
pub(crate) fn run(role: &str, count: u64, folder: &Path) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let path = folder.join("ledger.sqlite");
    let figures = runtime.block_on(async {
        match role {
            "answer and score" => {
                bulk(
                    runner(&path, Duration::ZERO).scorer(instant::scorer()),
                    asks(count),
                )
                .await
            }
            "answer" | "fill" => {
                let figures = bulk(runner(&path, Duration::ZERO), asks(count)).await;
                if role == "fill" {
                    bulk(scoring(&path), scores(count)).await;
                }
                figures
            }
            "score" => bulk(scoring(&path), scores(count)).await,
            "in order" => {
                recorded(&path, count, |number| {
                    Key::from_bytes(u128::from(number).to_be_bytes())
                })
                .await
            }
            "at random" => {
                recorded(&path, count, |number| {
                    KeyHasher::new("bench").number(number).finish()
                })
                .await
            }
            "heuristics, legacy" => golden::legacy(count),
            "heuristics, v2" => golden::v2(count),
            "bare" => bare(count).await,
            "engine" => engine(count).await,
            "runner" => bulk(runner(&path, CALL), asks(count)).await,
            "resume answers" | "read answers" => {
                let items = asks(count).chain([ask(anew())]).collect();
                first(reuse(role), || runner(&path, Duration::ZERO), items).await
            }
            "resume scores" | "read scores" => {
                let items = scores(count).chain([score(anew())]).collect();
                first(reuse(role), || scoring(&path), items).await
            }
            other => panic!("no role is called {other}"),
        }
    });
    serde_json::to_value(figures).expect("figures are JSON")
}

fn runner(path: &Path, takes: Duration) -> Runner {
    let ledger = Ledger::open(path).expect("a ledger");
    Runner::new(ledger, CONCURRENCY).model(instant::asker(takes))
}

fn scoring(path: &Path) -> Runner {
    let ledger = Ledger::open(path).expect("a ledger");
    Runner::new(ledger, CONCURRENCY).scorer(instant::scorer())
}

type Items = Box<dyn Iterator<Item = WorkItem> + Send>;

fn asks(count: u64) -> Items {
    Box::new((0..count).map(ask))
}

fn ask(number: u64) -> WorkItem {
    let prompt = format!("Question {number}: what is it that is asked here, and why is it?");
    let ask = Ask::new(Prompt::user(prompt.as_str()));
    WorkItem::ask(Response::new(number.to_string(), prompt, ""), ask)
}

fn score(number: u64) -> WorkItem {
    WorkItem::score(response(number))
}

/// A number that no run before had.
fn anew() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::from(since.expect("it is later").subsec_nanos()) + 1_000_000_000
}

fn scores(count: u64) -> Items {
    Box::new((0..count).map(score))
}

fn response(number: u64) -> Response {
    let text = format!("{number}. {}", "A sentence of an answer. ".repeat(40));
    Response::new(number.to_string(), "What is asked?", text)
}

async fn bulk(runner: Runner, items: Items) -> Figures {
    let start = Instant::now();
    let run = runner.run(stream::iter(items)).expect("a ledger");
    let mut samples = 0;
    let summary = run.finish(|_| samples += 1).await.expect("it is written");
    assert!(summary.entirely_failed().is_empty() && summary.failures.is_empty());
    figures(samples, start)
}

async fn recorded(path: &Path, count: u64, key: fn(u64) -> Key) -> Figures {
    let ledger = Ledger::open(path).expect("a ledger");
    let start = Instant::now();
    let work = |number| {
        let ledger = &ledger;
        async move {
            let score = instant::score(&response(number));
            ledger
                .record_score(key(number), &score, Conflict::Keep)
                .await
        }
    };
    let engine = Engine::new(CONCURRENCY);
    let mut receipts = Box::pin(engine.run(stream::iter(0..count), work));
    let mut samples = 0;
    let mut last = None;
    while let Some(receipt) = receipts.next().await {
        last = Some(receipt.expect("no panic").expect("it is open"));
        samples += 1;
    }
    last.expect("there was one").await.expect("it is written");
    figures(samples, start)
}

async fn bare(count: u64) -> Figures {
    let start = Instant::now();
    let calls = stream::iter(0..count).map(|_| tokio::time::sleep(CALL));
    let samples = calls.buffer_unordered(CONCURRENCY.get()).count().await;
    figures(samples as u64, start)
}

async fn engine(count: u64) -> Figures {
    let start = Instant::now();
    let engine = Engine::new(CONCURRENCY);
    let calls = engine.run(stream::iter(0..count), |_| tokio::time::sleep(CALL));
    figures(calls.count().await as u64, start)
}

fn reuse(role: &str) -> Reuse {
    if role.starts_with("read") {
        Reuse::Deliver
    } else {
        Reuse::Skip
    }
}

/// The time from opening the ledger to the one item that is not in it.
async fn first(reuse: Reuse, open: impl FnOnce() -> Runner, items: Vec<WorkItem>) -> Figures {
    let start = Instant::now();
    let runner = open().reuse(reuse);
    let mut run = runner.run(stream::iter(items)).expect("a ledger");
    let is_new = |done: &Done| {
        let mut scores = done.scores.iter();
        matches!(&done.answer, Some(Ok(answered)) if answered.origin == Origin::New)
            || scores.any(|scored| scored.origin == Origin::New)
    };
    loop {
        let done = run.next().await.expect("one is new");
        if is_new(&done.expect("it is written")) {
            assert!(reuse == Reuse::Deliver || run.summary().items == 1);
            return figures(1, start);
        }
    }
}

fn figures(samples: u64, start: Instant) -> Figures {
    Figures {
        samples,
        seconds: start.elapsed().as_secs_f64(),
        resident: resident(),
    }
}
