//! Many at once: everything is done once, never too much at a time, whatever the order.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use futures::stream;
use inference_core::{
    Error, ErrorKind, Event, FinishReason, GenerateOptions, InferenceAdapter, Metrics, ModelInfo,
    OptionKind, Prompt, Summary as End, TextModel, Token, TokenStream, Usage,
};
use ml_judge::{
    Done, Judge, JudgeOptions, JudgedSuite, Ledger, Mode, Outcome, Response, Rubrics, RunSummary,
    Runner, Score, Scorer, Suite, WorkItem,
};

/// A server that judges: so long for each request, and it counts.
struct Server {
    info: ModelInfo,
    takes: Duration,
    refuses: bool,
    requests: Arc<AtomicUsize>,
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Server {
    fn new(takes: Duration) -> Self {
        Self {
            info: ModelInfo::new("server", "judge"),
            takes,
            refuses: false,
            requests: Arc::default(),
            now: Arc::default(),
            most: Arc::default(),
        }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl TextModel for Server {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn supports(&self, _: OptionKind) -> bool {
        true
    }

    fn generate(&self, _: Prompt, options: GenerateOptions) -> TokenStream {
        let (requests, now, most) = (
            Arc::clone(&self.requests),
            Arc::clone(&self.now),
            Arc::clone(&self.most),
        );
        let (takes, refuses) = (self.takes, self.refuses);
        let events = async move {
            requests.fetch_add(1, Ordering::SeqCst);
            let running = now.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(running, Ordering::SeqCst);
            tokio::time::sleep(takes).await;
            now.fetch_sub(1, Ordering::SeqCst);
            if refuses {
                let refused = Error::new(ErrorKind::InvalidRequest, "HTTP 400");
                return stream::iter(vec![Err(refused)]);
            }
            let end = End::new(FinishReason::Stop, Usage::default(), Metrics::default());
            let reply = Token::new(verdict(&options));
            stream::iter(vec![Ok(Event::Token(reply)), Ok(Event::Finished(end))])
        };
        TokenStream::new("server", events.flatten_stream())
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        async { Ok(()) }.boxed()
    }
}

/// 3 for every number that the schema asks for.
fn verdict(options: &GenerateOptions) -> String {
    let schema = options.schema.as_ref().expect("judges constrain answers");
    let fields = schema["properties"].as_object().expect("an object");
    let numbers = fields
        .iter()
        .map(|(name, field)| match field["type"].as_str() {
            Some("string") => (name, "because".into()),
            _ => (name, serde_json::Value::from(3)),
        });
    serde_json::to_string(&numbers.collect::<BTreeMap<_, _>>()).expect("JSON")
}

/// Counts words, without a judge.
#[derive(Debug)]
struct Words;

impl Suite for Words {
    fn name(&self) -> &'static str {
        "words"
    }

    fn version(&self) -> &'static str {
        "1"
    }

    fn applies(&self, _: &Response) -> bool {
        true
    }

    fn score<'a>(&'a self, response: &'a Response) -> BoxFuture<'a, Score> {
        let words = response.response.split_whitespace().count();
        #[expect(clippy::cast_precision_loss, reason = "short texts")]
        let values = BTreeMap::from([("words".to_owned(), words as f64)]);
        async move { Score::scored("words", "1", Mode::V2, values) }.boxed()
    }
}

fn judged(name: &str, server: &Arc<Server>) -> Scorer {
    let rubrics = Rubrics::built_in();
    let rubric = rubrics.get(name).expect("built in").clone();
    let backend = Arc::new(InferenceAdapter::new(Arc::clone(server)));
    let judge = Judge::new(backend, "judge", &JudgeOptions::default()).expect("a judge");
    let suite = JudgedSuite::new(rubric, judge, Mode::V2);
    Scorer::new(Arc::new(suite), Mode::V2)
}

fn words() -> Scorer {
    Scorer::new(Arc::new(Words), Mode::V2)
}

fn responses(count: usize) -> Vec<Response> {
    let response = |number| {
        Response::new(
            format!("r{number}"),
            format!("question {number}"),
            format!("answer {number}"),
        )
    };
    (0..count).map(response).collect()
}

async fn score(
    concurrency: usize,
    scorers: Vec<Scorer>,
    of: Vec<Response>,
) -> (Vec<Done>, RunSummary) {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger::open(folder.path().join("ledger.sqlite")).expect("a ledger");
    let concurrency = NonZeroUsize::new(concurrency).expect("0 is no concurrency");
    let runner = Runner::new(ledger, concurrency);
    let runner = scorers.into_iter().fold(runner, Runner::scorer);
    let mut all = Vec::new();
    let items = stream::iter(of.into_iter().map(WorkItem::score));
    let run = runner.run(items).expect("a ledger");
    let summary = run.finish(|done| all.push(done)).await.expect("written");
    all.sort_by_key(|done| done.index);
    (all, summary)
}

fn is_scored(done: &Done, suite: &str) -> bool {
    let mut scores = done.scores.iter().map(|scored| &scored.score);
    let score = scores.find(|score| score.suite == suite);
    matches!(score.expect("there is one").outcome, Outcome::Scored { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_semantic() {
    let server = Arc::new(Server::new(Duration::from_millis(1)));
    let scorers = vec![words(), judged("semantic", &server)];
    let (all, summary) = score(4, scorers, responses(20)).await;
    assert_eq!(all.len(), 20);
    assert!(
        all.iter()
            .all(|done| is_scored(done, "words") && is_scored(done, "semantic"))
    );
    assert_eq!(server.requests(), 20);
    assert_eq!(server.most.load(Ordering::SeqCst), 4);
    assert_eq!(
        (summary.suites["words"].new, summary.suites["semantic"].new),
        (20, 20)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_mixed_suites_keep_every_score() {
    let server = Arc::new(Server::new(Duration::from_millis(1)));
    let mut of = responses(5);
    of[1].best_answer = Some("Nobody knows.".to_owned());
    of[2].risk_area = Some("Malicious use.".to_owned());
    of[3].domain = Some("toxigen".to_owned());
    // A response with two reasons keeps both scores.
    of[4].best_answer = Some("Nobody knows.".to_owned());
    of[4].risk_area = Some("Malicious use.".to_owned());
    let names = ["semantic", "truthfulness", "do_not_answer", "toxicity"];
    let scorers = names.map(|name| judged(name, &server)).into();
    let (all, summary) = score(8, scorers, of).await;
    let made = |done: &Done| {
        let scores = done.scores.iter();
        scores
            .map(|scored| scored.score.suite.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(made(&all[0]), ["semantic"]);
    assert_eq!(made(&all[1]), ["semantic", "truthfulness"]);
    assert_eq!(made(&all[2]), ["semantic", "do_not_answer"]);
    assert_eq!(made(&all[3]), ["semantic", "toxicity"]);
    assert_eq!(made(&all[4]), ["semantic", "truthfulness", "do_not_answer"]);
    assert_eq!(server.requests(), 10);
    assert!(summary.failures.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_concurrency_of_one_nothing_overlaps() {
    let server = Arc::new(Server::new(Duration::from_millis(5)));
    let (all, _) = score(1, vec![judged("semantic", &server)], responses(5)).await;
    assert_eq!((all.len(), server.requests()), (5, 5));
    assert_eq!(server.most.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judge_that_refuses_everything_leaves_the_other_scores() {
    let mut server = Server::new(Duration::from_millis(1));
    server.refuses = true;
    let server = Arc::new(server);
    let scorers = vec![words(), judged("semantic", &server)];
    let (all, summary) = score(2, scorers, responses(3)).await;
    assert_eq!(all.len(), 3);
    assert!(
        all.iter()
            .all(|done| is_scored(done, "words") && !is_scored(done, "semantic"))
    );
    assert_eq!(summary.failures["invalid_request"], 3);
    assert_eq!(summary.entirely_failed(), ["semantic"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_judge_the_other_suites_run() {
    let (all, summary) = score(8, vec![words()], responses(50)).await;
    assert_eq!(all.len(), 50);
    assert!(all.iter().all(|done| is_scored(done, "words")));
    assert!(summary.entirely_failed().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn responses_of_several_models_keep_their_models() {
    let server = Arc::new(Server::new(Duration::from_millis(1)));
    let of: Vec<_> = (0..4)
        .flat_map(|model| {
            responses(5).into_iter().map(move |mut response| {
                response.model = format!("model {model}");
                response.response = format!("{} by {model}", response.response);
                response
            })
        })
        .collect();
    let (all, _) = score(4, vec![words(), judged("semantic", &server)], of).await;
    for model in 0..4 {
        let name = format!("model {model}");
        let of_model: Vec<_> = all
            .iter()
            .filter(|done| done.response.model == name)
            .collect();
        let ids: Vec<_> = of_model
            .iter()
            .map(|done| done.response.id.as_str())
            .collect();
        assert_eq!(ids, ["r0", "r1", "r2", "r3", "r4"]);
    }
    assert_eq!(server.requests(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_at_once_on_one_ledger_lose_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.sqlite");
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let ledger = Ledger::open(&path).expect("a ledger");
            let runner = Runner::new(ledger, NonZeroUsize::new(8).expect("not zero"));
            let items = stream::iter(responses(500).into_iter().map(WorkItem::score));
            tokio::spawn(async move {
                let runner = runner.scorer(words());
                runner.run(items).expect("a ledger").finish(drop).await
            })
        })
        .collect();
    for run in runs {
        let summary = run.await.expect("no panic").expect("written");
        assert_eq!(summary.items, 500);
    }
    let ledger = Ledger::open(&path).expect("a ledger");
    let count = "SELECT count(*), count(DISTINCT key) FROM scores";
    let rows: (i64, i64) = ledger
        .read(|connection| connection.query_row(count, [], |row| row.try_into()))
        .expect("read");
    assert_eq!(rows, (500, 500));
}
