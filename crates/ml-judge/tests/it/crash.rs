//! Runs in processes of their own: killed at any moment, two at once on one ledger.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::future::{BoxFuture, FutureExt as _};
use futures::stream;
use inference_core::{
    Error, Event, FinishReason, GenerateOptions, Metrics, ModelInfo, OptionKind, Prompt, Summary,
    TextModel, Token, TokenStream, Usage,
};
use ml_judge::{Ask, Asker, Ledger, ModelIdentity, Response, Runner, WorkItem};

const ITEMS: usize = 3000;
const CONCURRENCY: usize = 8;
const KILLS: usize = 30;

/// Where the child works; without it the run has a folder of its own.
const FOLDER: &str = "ML_JUDGE_CRASH_FOLDER";

/// Writes down what it is asked before it answers, a line at a time, so that it is known
/// whatever becomes of the process.
struct Scribe {
    info: ModelInfo,
    log: Arc<File>,
}

impl TextModel for Scribe {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn supports(&self, _: OptionKind) -> bool {
        true
    }

    fn generate(&self, prompt: Prompt, _: GenerateOptions) -> TokenStream {
        let Prompt::Text(question) = prompt else {
            panic!("texts are asked")
        };
        let log = Arc::clone(&self.log);
        let events = async move {
            let line = format!("{question}\n");
            (&*log).write_all(line.as_bytes()).expect("written");
            // None at all for a third of the lengths, 1 or 2 ms for the others.
            let takes = question.len() as u64 % 3;
            if takes > 0 {
                tokio::time::sleep(Duration::from_millis(takes)).await;
            }
            let answer = Token::new(format!("answer to {question}"));
            let end = Summary::new(FinishReason::Stop, Usage::new(1, 1), Metrics::default());
            stream::iter([Ok(Event::Token(answer)), Ok(Event::Finished(end))])
        };
        TokenStream::new("scribe", events.flatten_stream())
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        async { Ok(()) }.boxed()
    }
}

fn identity() -> ModelIdentity {
    ModelIdentity::of_content("scribe", "0", None)
}

fn ask(number: usize) -> Ask {
    Ask::new(Prompt::text(format!("question {number}")))
}

fn ledger_of(folder: &Path) -> Ledger {
    Ledger::open(folder.join("ledger.sqlite")).expect("a ledger")
}

fn log_of(folder: &Path) -> PathBuf {
    folder.join("asked.txt")
}

/// The questions that were asked so far, in order.
fn asked(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(log_of(folder)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// The numbers of the questions whose answers are in the ledger.
fn recorded(folder: &Path) -> BTreeSet<usize> {
    let ledger = ledger_of(folder);
    let is_recorded = |number: &usize| {
        let key = ask(*number).key(&identity());
        let answer = ledger.answer(key).expect("readable");
        let right = format!("answer to question {number}");
        answer.is_some_and(|answer| {
            assert_eq!(answer.text, right);
            true
        })
    };
    (0..ITEMS).filter(is_recorded).collect()
}

/// Also what the other tests start as a process, with a folder that they choose.
#[tokio::test]
async fn a_run_records_all_of_its_items() {
    let own = tempfile::tempdir().expect("a folder");
    let folder = env::var_os(FOLDER).map_or(own.path().to_owned(), PathBuf::from);
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(log_of(&folder));
    let model = Scribe {
        info: ModelInfo::new("scribe", "scribe"),
        log: Arc::new(log.expect("a file")),
    };
    let concurrency = NonZeroUsize::new(CONCURRENCY).expect("not zero");
    let runner =
        Runner::new(ledger_of(&folder), concurrency).model(Asker::new(Arc::new(model), identity()));
    let items = (0..ITEMS).map(|number| {
        let subject = Response::new(number.to_string(), "", "");
        WorkItem::ask(subject, ask(number))
    });
    let run = runner.run(stream::iter(items)).expect("a ledger");
    let summary = run.finish(drop).await.expect("written");
    assert_eq!(summary.items, ITEMS as u64);
    assert_eq!(summary.answers.failed, 0);
    drop(runner);
    assert_eq!(recorded(&folder).len(), ITEMS);
}

fn start(folder: &Path) -> Child {
    let program = env::current_exe().expect("this program knows where it is");
    Command::new(program)
        .args(["--exact", "crash::a_run_records_all_of_its_items"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("it can be started")
}

/// A moment that no two runs share.
fn random(below: usize) -> usize {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("it is later").subsec_nanos() as usize / 1000 % below
}

#[test]
fn killed_at_any_moment_a_run_goes_on_and_asks_again_what_was_in_work_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut kills = 0;
    while kills < KILLS {
        let before = asked(folder).len();
        let known: BTreeSet<_> = recorded(folder)
            .iter()
            .map(|number| format!("question {number}"))
            .collect();
        let mut child = start(folder);
        let enough = before + random(60);
        let mut ended = false;
        while asked(folder).len() < enough && !ended {
            ended = child.try_wait().expect("it is ours").is_some();
            thread::yield_now();
        }
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
        kills += 1;
        let asked = asked(folder);
        let again = asked[before..]
            .iter()
            .find(|question| known.contains(*question));
        assert_eq!(again, None, "it was recorded");
        let once: BTreeSet<_> = asked[before..].iter().collect();
        assert_eq!(once.len(), asked.len() - before, "a run asks once");
        let lost: BTreeSet<_> = asked.into_iter().collect();
        let lost = lost.len() - recorded(folder).len();
        assert!(lost <= CONCURRENCY, "{lost} will be asked again");
        assert!(!ended, "all was done after {kills} kills: ask more");
    }
    assert!(start(folder).wait().expect("it is ours").success());
    assert_eq!(recorded(folder).len(), ITEMS);
    let again = asked(folder).len() - ITEMS;
    assert!(again <= KILLS * CONCURRENCY, "{again} were asked again");
}

#[test]
fn two_processes_on_one_ledger_lose_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let children = [start(folder), start(folder)];
    for mut child in children {
        assert!(child.wait().expect("it is ours").success());
    }
    let count = "SELECT count(*) FROM answers";
    let rows: i64 = ledger_of(folder)
        .read(|connection| connection.query_row(count, [], |row| row.get(0)))
        .expect("read");
    assert_eq!(usize::try_from(rows), Ok(ITEMS));
    assert_eq!(recorded(folder).len(), ITEMS);
    let before = asked(folder).len();
    assert!(start(folder).wait().expect("it is ours").success());
    assert_eq!(asked(folder).len(), before, "nothing is asked again");
}
