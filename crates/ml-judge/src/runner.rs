//! Asks and scores in bulk, resumably: the one way from work to ledger.

use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures::stream::{self, Stream, StreamExt as _};
use inference_core::ErrorKind;
use tokio_util::sync::CancellationToken;

use crate::{
    AnswerRecord, Cause, Concurrency, Engine, Interrupted, Key, Ledger, LedgerError, Order,
    Response, Score, Seen, Signal, Table,
};

mod floor;
mod identity;
mod item;
mod run;
mod stage;
mod summary;
mod worker;

pub use identity::ModelIdentity;
pub use item::{Ask, WorkItem};
pub use run::Run;
pub use summary::{Failure, RunSummary, Tally};
pub use worker::{Asker, Scorer};

use floor::Floor;
use item::AnswerKeys;
use stage::Stage;

/// What a run does with work that the ledger has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reuse {
    /// Reads and delivers it like new work.
    #[default]
    Deliver,
    /// Passes over items that it has whole, and counts them: the fastest way to what is missing.
    /// Of an item that asks and scores the answer is read, since the scores depend on it.
    Skip,
    /// Does it again, once in this run. What comes takes the place of what was recorded.
    Nothing,
}

/// Where an answer or a score came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was made for this item.
    New,
    /// It was in the ledger, or was made for another item of this run.
    Ledger,
}

/// An answer to an item.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answered {
    /// The answer.
    pub record: Arc<AnswerRecord>,
    /// Where it came from.
    pub origin: Origin,
}

/// A score of an item.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Scored {
    /// The score.
    pub score: Arc<Score>,
    /// Where it came from.
    pub origin: Origin,
}

/// What came of an item.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Done {
    /// The item's place in the source, from 0.
    pub index: u64,
    /// The response, with the model's answer where one was asked.
    pub response: Response,
    /// The answer or why there is none, where a model was to be asked.
    pub answer: Option<Result<Answered, Failure>>,
    /// A score by each suite that applies, in the order of the suites.
    pub scores: Vec<Scored>,
}

/// Answers and scores items in bulk, and records every answer and score as it comes.
///
/// An item that [asks](WorkItem::ask) is answered by the [`model`](Self::model); then every
/// [scorer](Self::scorer) that applies scores it. Whatever the ledger has is not done again, nor
/// is anything done twice in a run. Answers that failed and scores without values are delivered
/// and counted, but not recorded: the next run tries them again.
///
/// An item is in work until its rows are durable. So killed anywhere, the next run goes on: what
/// was recorded is not asked again, and what is asked again was in work, which is never more than
/// the concurrency. Two runs at once on one ledger are safe; where both happen to work on the same item, the
/// ledger keeps the first result and each run delivers its own.
///
/// ```
/// # use std::{num::NonZeroUsize, sync::Arc};
/// # use futures::stream;
/// # use inference_conformance::ScriptedModel;
/// # use inference_core::Prompt;
/// # use ml_judge::{Ask, Asker, Ledger, ModelIdentity, Response, Runner, WorkItem};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("ledger.sqlite");
/// # let model = ScriptedModel::new("toy").otherwise(["Par", "is."]);
/// let identity = ModelIdentity::of_content("scripted", "0af1", None);
/// let runner = Runner::new(Ledger::open(&path)?, NonZeroUsize::new(8).unwrap())
///     .model(Asker::new(Arc::new(model), identity));
///
/// let question = "What is the capital of France?";
/// let item = WorkItem::ask(Response::new("france", question, ""), Ask::new(Prompt::user(question)));
/// let summary = runner.run(stream::iter([item]))?.finish(|done| {
///     println!("{}: {}", done.response.id, done.response.response);
/// }).await?;
/// assert_eq!(summary.answers.new, 1);
/// # Ok(()) }) }
/// ```
#[derive(Debug, Clone)]
pub struct Runner {
    ledger: Ledger,
    engine: Engine,
    asker: Option<Asker>,
    scorers: Vec<Scorer>,
    reuse: Reuse,
    deadline: Option<Duration>,
}

impl Runner {
    /// A runner with so many items in work at once. An adaptive concurrency halves when the model
    /// or a judge is [rate-limited](ErrorKind::RateLimited), and for no other failure.
    pub fn new(ledger: Ledger, concurrency: impl Into<Concurrency>) -> Self {
        Self {
            ledger,
            engine: Engine::new(concurrency),
            asker: None,
            scorers: Vec::new(),
            reuse: Reuse::default(),
            deadline: None,
        }
    }

    /// Sets the model that answers.
    #[must_use]
    pub fn model(mut self, asker: Asker) -> Self {
        self.asker = Some(asker);
        self
    }

    /// Adds a suite that scores.
    #[must_use]
    pub fn scorer(mut self, scorer: Scorer) -> Self {
        self.scorers.push(scorer);
        self
    }

    /// Sets the order of delivery.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.engine = self.engine.order(order);
        self
    }

    /// Sets what becomes of work that the ledger has.
    #[must_use]
    pub fn reuse(mut self, reuse: Reuse) -> Self {
        self.reuse = reuse;
        self
    }

    /// Gives every answer and every score so long. The runner then needs tokio's timer.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Ends a run when the token is cancelled: nothing more begins, what is in work is dropped.
    /// What was answered or scored by then is still recorded, and the next run delivers it.
    #[must_use]
    pub fn cancel_on(mut self, cancel: CancellationToken) -> Self {
        self.engine = self.engine.cancel_on(cancel);
        self
    }

    /// Starts a run. Blocks while it learns what the ledger has, 15 ms for 200,000 rows.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn run<'a, S>(&self, items: S) -> Result<Run<'a>, LedgerError>
    where
        S: Stream<Item = WorkItem> + Send + Unpin + 'a,
    {
        let floor = Arc::new(Floor {
            ledger: self.ledger.clone(),
            asker: self.asker.clone(),
            scorers: self.scorers.clone(),
            reuse: self.reuse,
            deadline: self.deadline,
            answers: Stage::new(self.seen(Table::Answers, self.asker.is_some())?),
            scores: Stage::new(self.seen(Table::Scores, !self.scorers.is_empty())?),
        });
        let skipped = Arc::new(AtomicU64::new(0));
        let missing = self.missing(items, &floor, &skipped);
        let work = move |pulled: Pulled| {
            let floor = Arc::clone(&floor);
            // It is moved several times before it rests.
            Box::pin(async move { floor.work(pulled.index, pulled.item, pulled.key).await })
        };
        let results = self
            .engine
            .run_observed(Box::pin(missing), work, observe)
            .boxed();
        let cancel = self.engine.cancel.clone();
        Ok(Run::new(results, skipped, cancel))
    }

    fn seen(&self, table: Table, is_wanted: bool) -> Result<Seen, LedgerError> {
        if is_wanted && self.reuse != Reuse::Nothing {
            Seen::load(&self.ledger, table)
        } else {
            Ok(Seen::nothing(table))
        }
    }

    /// The items with the keys of their answers, without those that are passed over.
    fn missing<'a, S>(
        &self,
        mut items: S,
        floor: &Arc<Floor>,
        skipped: &Arc<AtomicU64>,
    ) -> impl Stream<Item = Pulled> + Send + use<'a, S>
    where
        S: Stream<Item = WorkItem> + Send + Unpin + 'a,
    {
        /// Items passed over before others on the same thread have a turn.
        const TURN: usize = 4096;
        let skips = self.reuse == Reuse::Skip;
        let (floor, skipped) = (Arc::clone(floor), Arc::clone(skipped));
        let mut keys = self
            .asker
            .as_ref()
            .map(|asker| AnswerKeys::new(&asker.identity));
        let mut index = 0;
        stream::poll_fn(move |context| {
            for _ in 0..TURN {
                let Some(item) = std::task::ready!(items.poll_next_unpin(context)) else {
                    return Poll::Ready(None);
                };
                let key = keys.as_mut().zip(item.ask.as_ref());
                let key = key.map(|(keys, ask)| keys.key(ask));
                let place = index;
                index += 1;
                if skips && floor.is_recorded(&item, key) {
                    skipped.fetch_add(1, Ordering::Relaxed);
                } else {
                    let index = place;
                    return Poll::Ready(Some(Pulled { index, item, key }));
                }
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
    }
}

/// An item to work on.
struct Pulled {
    index: u64,
    item: WorkItem,
    /// Names its answer, where a model is asked.
    key: Option<Key>,
}

/// Fewer calls are asked for by a rate limit of the model or of a judge, and by nothing else.
fn observe(result: &Result<Result<Done, LedgerError>, Interrupted>) -> Signal {
    let Ok(Ok(done)) = result else {
        return Signal::Fine;
    };
    if let Some(Err(failure)) = &done.answer {
        return signal(&failure.cause());
    }
    // A recorded score of a panel may tell of a call that failed in another run.
    let new = done
        .scores
        .iter()
        .filter(|scored| scored.origin == Origin::New);
    let all = new.flat_map(|scored| iter::once(&*scored.score).chain(&scored.score.members));
    let causes = all.filter_map(|score| score.outcome.cause());
    causes.map(signal).fold(Signal::Fine, stronger)
}

fn signal(cause: &Cause) -> Signal {
    match cause {
        Cause::Failed {
            code,
            retry_after_seconds,
        } if code == ErrorKind::RateLimited.code() => {
            let wait = retry_after_seconds.map(Duration::try_from_secs_f64);
            Signal::Fewer(wait.and_then(Result::ok))
        }
        _ => Signal::Fine,
    }
}

/// What two signals say together: the longer pause.
fn stronger(first: Signal, second: Signal) -> Signal {
    match (first, second) {
        (Signal::Fewer(first), Signal::Fewer(second)) => Signal::Fewer(first.max(second)),
        (Signal::Fine, other) | (other, Signal::Fine) => other,
    }
}

impl Answered {
    fn new(record: Arc<AnswerRecord>) -> Self {
        let origin = Origin::New;
        Self { record, origin }
    }

    fn recorded(record: Arc<AnswerRecord>) -> Self {
        let origin = Origin::Ledger;
        Self { record, origin }
    }
}

impl Scored {
    fn recorded(score: Arc<Score>) -> Self {
        let origin = Origin::Ledger;
        Self { score, origin }
    }
}

impl Done {
    /// Puts an answer into the response.
    fn take(&mut self, answer: Result<Answered, Failure>) {
        if let Ok(answered) = &answer {
            let record = &answered.record;
            self.response.response.clone_from(&record.text);
            self.response.model.clone_from(&record.facts.model);
            self.response.elapsed_seconds = Some(record.facts.elapsed_seconds);
        }
        self.answer = Some(answer);
    }
}

#[cfg(test)]
mod tests {
    use inference_core::{Error, Retry};

    use super::*;

    #[test]
    fn fewer_calls_are_the_answer_to_rate_limits_alone() {
        let of = |kind, retry| signal(&Cause::from(&Error::new(kind, "no").with_retry(retry)));
        let wait = Duration::from_secs(3);
        assert_eq!(
            of(ErrorKind::RateLimited, Retry::After(wait)),
            Signal::Fewer(Some(wait))
        );
        for retry in [Retry::Backoff, Retry::Never] {
            assert_eq!(of(ErrorKind::RateLimited, retry), Signal::Fewer(None));
        }
        for kind in [
            ErrorKind::Backend,
            ErrorKind::Connection,
            ErrorKind::Timeout,
        ] {
            assert_eq!(of(kind, Retry::After(wait)), Signal::Fine, "{kind:?}");
        }
        assert_eq!(signal(&Cause::Unreadable), Signal::Fine);
    }
}
