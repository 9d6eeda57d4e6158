//! Bulk runs: what is asked, what is found again, what fails, what a cancel leaves.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use futures::{StreamExt as _, stream};
use inference_conformance::{Script, ScriptedModel};
use inference_core::{Error, ErrorKind, GenerateOptions, Prompt};
use ml_judge::{
    Ask, Asker, Cause, Done, Failure, Ledger, LedgerError, Mode, ModelIdentity, Order, Origin,
    Outcome, Response, Reuse, RunSummary, Runner, Score, Scorer, Suite, WorkItem,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Scores the length of a response and counts how often it was asked.
#[derive(Debug, Default)]
struct Length {
    calls: AtomicUsize,
}

impl Suite for Length {
    fn name(&self) -> &'static str {
        "length"
    }

    fn version(&self) -> &'static str {
        "1"
    }

    fn applies(&self, response: &Response) -> bool {
        assert!(response.id != "bad suite", "on purpose");
        response.domain.is_none()
    }

    fn score<'a>(&'a self, response: &'a Response) -> BoxFuture<'a, Score> {
        async move {
            self.calls.fetch_add(1, Ordering::SeqCst);
            assert!(!response.id.starts_with("bad"), "{} is bad", response.id);
            if response.id == "slow" {
                std::future::pending::<()>().await;
            }
            if response.response.is_empty() {
                return Score::unscored("length", "1", Mode::V2, "nothing to measure");
            }
            #[expect(clippy::cast_precision_loss, reason = "short texts")]
            let length = response.response.len() as f64;
            let values = BTreeMap::from([("length".to_owned(), length)]);
            Score::scored("length", "1", Mode::V2, values)
        }
        .boxed()
    }
}

struct Bench {
    folder: TempDir,
    model: Arc<ScriptedModel>,
    suite: Arc<Length>,
}

impl Bench {
    fn new(model: ScriptedModel) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            model: Arc::new(model),
            suite: Arc::default(),
        }
    }

    fn ledger(&self) -> Ledger {
        Ledger::open(self.folder.path().join("ledger.sqlite")).expect("a ledger")
    }

    fn runner(&self) -> Runner {
        let eight = NonZeroUsize::new(8).expect("not zero");
        Runner::new(self.ledger(), eight).order(Order::Kept)
    }

    fn asking(&self) -> Runner {
        let identity = ModelIdentity::of_content("scripted", "0", None);
        self.runner()
            .model(Asker::new(self.model.clone(), identity))
    }

    fn scoring(&self, runner: Runner) -> Runner {
        runner.scorer(Scorer::new(self.suite.clone(), Mode::V2))
    }

    fn asked(&self) -> usize {
        self.model.requests().len()
    }

    fn scored(&self) -> usize {
        self.suite.calls.load(Ordering::SeqCst)
    }
}

fn prompt(text: &str) -> WorkItem {
    let ask = Ask::new(Prompt::user(text));
    WorkItem::ask(Response::new(text, text, ""), ask)
}

fn prompts(numbers: std::ops::Range<usize>) -> Vec<WorkItem> {
    numbers
        .map(|number| prompt(&format!("question {number}")))
        .collect()
}

async fn run(runner: &Runner, items: Vec<WorkItem>) -> (Vec<Done>, RunSummary) {
    let mut all = Vec::new();
    let run = runner.run(stream::iter(items)).expect("a ledger");
    let summary = run.finish(|done| all.push(done)).await.expect("written");
    (all, summary)
}

#[tokio::test]
async fn answers_and_scores_are_recorded_and_found_again() {
    let bench = Bench::new(ScriptedModel::new("toy").otherwise(["four", "."]));
    let (first, summary) = run(&bench.scoring(bench.asking()), prompts(0..20)).await;
    assert_eq!(
        (summary.answers.new, summary.suites["length"].new),
        (20, 20)
    );
    assert_eq!(summary.generated_tokens, 40);
    assert!(
        first
            .iter()
            .enumerate()
            .all(|(place, done)| done.index == place as u64)
    );
    assert_eq!(first[3].response.response, "four.");
    assert_eq!(first[3].response.model, "toy");
    assert_eq!(first[3].scores[0].score.value("length"), Some(5.0));

    let (again, summary) = run(&bench.scoring(bench.asking()), prompts(0..25)).await;
    assert_eq!((summary.answers.new, summary.answers.recorded), (5, 20));
    assert_eq!(summary.suites["length"].recorded, 20);
    assert_eq!(summary.generated_tokens, 10, "only new answers are counted");
    assert_eq!((bench.asked(), bench.scored()), (25, 25));
    assert_eq!(again[3].scores[0].score, first[3].scores[0].score);
    let answer = again[3]
        .answer
        .as_ref()
        .expect("asked")
        .as_ref()
        .expect("answered");
    assert_eq!(answer.origin, Origin::Ledger);
}

#[tokio::test]
async fn the_same_question_is_asked_once_in_a_run() {
    let bench = Bench::new(ScriptedModel::new("toy").otherwise(["four"]));
    let same = || (0..50).map(|_| prompt("2 + 2?")).collect::<Vec<_>>();
    let (_, summary) = run(&bench.scoring(bench.asking()), same()).await;
    assert_eq!((summary.answers.new, summary.answers.recorded), (1, 49));
    assert_eq!((bench.asked(), bench.scored()), (1, 1));
    let epoch = |epoch| {
        let ask = Ask::new(Prompt::user("2 + 2?")).epoch(epoch);
        WorkItem::ask(Response::new("2 + 2?", "2 + 2?", ""), ask)
    };
    run(&bench.asking(), (0..3).map(epoch).collect()).await;
    assert_eq!(bench.asked(), 3, "an epoch is another answer");
    let (_, summary) = run(&bench.asking().reuse(Reuse::Nothing), same()).await;
    assert_eq!(
        (summary.answers.new, bench.asked()),
        (1, 4),
        "anew, but once"
    );
}

#[tokio::test]
async fn asking_anew_replaces_what_was_recorded() {
    let bench = Bench::new(ScriptedModel::new("toy").otherwise(["a"]));
    run(&bench.asking(), prompts(0..3)).await;
    let other = Arc::new(ScriptedModel::new("toy").otherwise(["b"]));
    let identity = ModelIdentity::of_content("scripted", "0", None);
    let fresh = bench.runner().model(Asker::new(other, identity));
    run(&fresh.reuse(Reuse::Nothing), prompts(0..2)).await;
    let (all, _) = run(&bench.asking(), prompts(0..3)).await;
    let texts: Vec<_> = all
        .iter()
        .map(|done| done.response.response.as_str())
        .collect();
    assert_eq!(texts, ["b", "b", "a"]);
}

#[tokio::test]
async fn what_is_recorded_can_be_passed_over() {
    let bench = Bench::new(ScriptedModel::new("toy").otherwise(["four"]));
    run(&bench.asking(), prompts(0..20)).await;
    let (all, summary) = run(&bench.asking().reuse(Reuse::Skip), prompts(0..21)).await;
    assert_eq!((all.len(), all[0].index), (1, 20));
    assert_eq!((summary.items, summary.skipped, bench.asked()), (1, 20, 21));
    let scoring = bench.scoring(bench.asking().reuse(Reuse::Skip));
    let (all, summary) = run(&scoring, prompts(0..3)).await;
    assert_eq!((all.len(), summary.skipped, bench.asked()), (3, 0, 21));
    assert_eq!(
        summary.suites["length"].new, 3,
        "its answer is not all of an item"
    );

    let scores = || (0..20).map(|n| WorkItem::score(Response::new(n.to_string(), "", "text")));
    run(&bench.scoring(bench.runner()), scores().collect()).await;
    let skipping = bench.scoring(bench.runner().reuse(Reuse::Skip));
    let (all, summary) = run(&skipping, scores().collect()).await;
    assert_eq!((all.len(), summary.skipped, bench.scored()), (0, 20, 23));
}

#[tokio::test]
async fn failures_are_values_and_are_tried_again() {
    let refused = Error::new(ErrorKind::Connection, "refused");
    let model = ScriptedModel::new("toy")
        .on("question 1", Script::default().then_fail(refused))
        .otherwise(["four"]);
    let bench = Bench::new(model);
    for _ in 0..2 {
        let (all, summary) = run(&bench.asking(), prompts(0..3)).await;
        let failure = all[1]
            .answer
            .as_ref()
            .expect("asked")
            .as_ref()
            .expect_err("failed");
        assert_eq!(failure.code(), "connection");
        assert_eq!(summary.answers.failed, 1);
        assert_eq!(
            summary.failures,
            BTreeMap::from([("connection".to_owned(), 1)])
        );
        assert!(summary.entirely_failed().is_empty());
    }
    assert_eq!(bench.asked(), 4, "what failed is not recorded");
    let (_, summary) = run(&bench.asking(), prompts(1..2)).await;
    assert_eq!(summary.entirely_failed(), ["answers"]);
}

#[tokio::test]
async fn scores_without_values_are_values_and_are_tried_again() {
    let bench = Bench::new(ScriptedModel::new("toy"));
    let empty = || vec![WorkItem::score(Response::new("1", "", ""))];
    for _ in 0..2 {
        let (all, summary) = run(&bench.scoring(bench.runner()), empty()).await;
        assert!(matches!(
            all[0].scores[0].score.outcome,
            Outcome::Unscored { .. }
        ));
        assert_eq!(summary.failures["unscored"], 1);
        assert_eq!(summary.entirely_failed(), ["length"]);
    }
    assert_eq!(bench.scored(), 2);
}

#[tokio::test]
async fn a_panic_and_a_hang_are_failures_of_their_items() {
    let model = ScriptedModel::new("toy")
        .on("hang", Script::default().then_stall())
        .otherwise(["four"]);
    let bench = Bench::new(model);
    let runner = bench
        .scoring(bench.asking())
        .deadline(Duration::from_millis(300));
    let score = |id: &str| WorkItem::score(Response::new(id, "", "text"));
    let items = vec![
        prompt("hang"),
        score("bad"),
        score("slow"),
        score("bad suite"),
        prompt("good"),
    ];
    let (all, summary) = run(&runner, items).await;
    let failure = all[0]
        .answer
        .as_ref()
        .expect("asked")
        .as_ref()
        .expect_err("too slow");
    assert!(matches!(failure, Failure::Interrupted(_)), "{failure}");
    assert_eq!(failure.code(), "deadline");
    for (place, reason) in [
        (1, "bad is bad"),
        (2, "within 0.3 s"),
        (3, "bad suite is bad"),
    ] {
        let Outcome::Unscored { reason: why, cause } = &all[place].scores[0].score.outcome else {
            panic!("{place} is scored");
        };
        assert!(why.contains(reason), "{why}");
        let Some(Cause::Failed { code, .. }) = cause else {
            panic!("{place} failed");
        };
        assert_eq!(code, if place == 2 { "deadline" } else { "panicked" });
    }
    assert_eq!(summary.answers.new, 1);
    assert_eq!(
        bench.model.activity().generating,
        0,
        "what hung was dropped"
    );
}

#[tokio::test]
async fn an_item_that_asks_needs_a_model() {
    let bench = Bench::new(ScriptedModel::new("toy"));
    let (all, _) = run(&bench.runner(), vec![prompt("2 + 2?")]).await;
    let failure = all[0]
        .answer
        .as_ref()
        .expect("asked")
        .as_ref()
        .expect_err("no model");
    assert!(failure.to_string().contains("no model"), "{failure}");
}

#[tokio::test]
async fn a_cancelled_run_asks_nothing_more_and_keeps_what_it_has() {
    let model = ScriptedModel::new("toy")
        .on("hang", Script::default().then_stall())
        .otherwise(["four"]);
    let bench = Bench::new(model);
    let cancel = CancellationToken::new();
    let runner = bench
        .asking()
        .order(Order::AsFinished)
        .cancel_on(cancel.clone());
    let mut items = prompts(0..10);
    items.extend((0..8).map(|number| prompt(&format!("hang {number}"))));
    items.extend(prompts(10..1000));
    let mut under_way = runner.run(stream::iter(items)).expect("a ledger");
    let mut finished = 0;
    while let Some(done) = under_way.next().await {
        done.expect("written");
        finished += 1;
        if finished == 10 {
            cancel.cancel();
        }
    }
    let summary = under_way.summary();
    assert!(summary.cancelled);
    assert_eq!(finished, 10);
    let asked = bench.asked();
    assert!(
        (10..=17).contains(&asked),
        "{asked} were asked: seven places at most hang, those of the last to finish are free"
    );
    assert_eq!(bench.model.activity().generating, 0);
    let (_, summary) = run(&bench.asking(), prompts(0..10)).await;
    assert_eq!(summary.answers.recorded, 10);
}

#[tokio::test]
async fn a_full_ledger_ends_the_run_with_what_is_durable() {
    let bench = Bench::new(ScriptedModel::new("toy").otherwise(["word ".repeat(200)]));
    // The limit belongs to a connection: that of the run's own ledger.
    let ledger = bench.ledger();
    let limit =
        ledger.transaction(|transaction| transaction.pragma_update(None, "max_page_count", 60));
    limit.await.expect("set");
    let identity = ModelIdentity::of_content("scripted", "0", None);
    let runner = Runner::new(ledger.clone(), NonZeroUsize::new(1).expect("not zero"))
        .model(Asker::new(bench.model.clone(), identity));
    let mut delivered = Vec::new();
    let under_way = runner
        .run(stream::iter(prompts(0..5000)))
        .expect("a ledger");
    let full = under_way
        .finish(|done| delivered.push(done.response.id))
        .await;
    assert!(matches!(full, Err(LedgerError::Full { .. })), "{full:?}");
    assert!(bench.asked() < 5000, "it ended");
    drop((runner, ledger));
    let asked = bench.asked();
    let again = delivered.iter().map(|id| prompt(id)).collect();
    let (_, summary) = run(&bench.asking(), again).await;
    assert_eq!(summary.answers.recorded, delivered.len() as u64);
    assert_eq!(bench.asked(), asked);
}

#[tokio::test]
async fn sampling_makes_another_answer() {
    let bench = Bench::new(ScriptedModel::new("toy").otherwise(["four"]));
    let seeded = |seed| {
        let options = GenerateOptions::default().seed(seed);
        let ask = Ask::new(Prompt::user("2 + 2?")).options(options);
        WorkItem::ask(Response::new("2 + 2?", "2 + 2?", ""), ask)
    };
    run(&bench.asking(), vec![seeded(1), seeded(2), seeded(1)]).await;
    assert_eq!(bench.asked(), 2);
}

#[tokio::test]
async fn items_are_pulled_no_faster_than_they_are_read() {
    const ITEMS: usize = 50_000;
    let bench = Bench::new(ScriptedModel::new("toy"));
    let pulled = AtomicUsize::new(0);
    let items = stream::iter(0..ITEMS).map(|number| {
        pulled.fetch_add(1, Ordering::SeqCst);
        WorkItem::score(Response::new(number.to_string(), "", "text"))
    });
    let mut run = bench.runner().run(items).expect("a ledger");
    run.next().await.expect("an item").expect("written");
    let first = pulled.load(Ordering::SeqCst);
    assert!(first < ITEMS / 10, "{first} for one that was read");
    assert_eq!(run.count().await, ITEMS - 1);
    assert_eq!(pulled.load(Ordering::SeqCst), ITEMS);
}

#[tokio::test]
async fn what_another_run_recorded_meanwhile_is_found() {
    let bench = Bench::new(ScriptedModel::new("toy").otherwise(["four"]));
    let (mut send, items) = futures::channel::mpsc::channel(1);
    let mut slow = bench.asking().run(items).expect("a ledger");
    run(&bench.asking(), prompts(0..1)).await;
    // It notices when it writes.
    for (number, asked) in [(1, 2), (0, 2)] {
        let question = prompts(number..number + 1).remove(0);
        send.try_send(question).expect("there is room");
        slow.next().await.expect("an item").expect("written");
        assert_eq!(bench.asked(), asked);
    }
}
