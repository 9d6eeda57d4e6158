//! A run under way.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use futures::stream::{Stream, StreamExt as _};
use tokio_util::sync::CancellationToken;

use super::floor::{Finished, Floor};
use super::{Done, Summary};
use crate::{Interrupted, LedgerError, Receipt};

/// Bytes of finished items that may wait until they are durable, or until they are read.
const WAITING_BOUND: usize = 4 << 20;

pub(super) type Results<'a> =
    Pin<Box<dyn Stream<Item = Result<Result<Finished, LedgerError>, Interrupted>> + Send + 'a>>;

/// A run under way: a stream of finished items, each delivered once it is durable.
///
/// The work is done by whoever reads the stream; nothing goes on while nobody does. An error of
/// the ledger is the last item. Dropping the stream drops what is in work; what had finished is
/// in the ledger.
#[must_use = "a run does nothing until it is read"]
pub struct Run<'a> {
    pub(super) floor: Arc<Floor>,
    /// `None` once there will be no more.
    pub(super) results: Option<Results<'a>>,
    /// Finished, in the order of delivery.
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    skipped: Arc<AtomicU64>,
    cancel: CancellationToken,
    start: Instant,
    summary: Summary,
}

struct Waiting {
    finished: Finished,
    bytes: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        floor: Arc<Floor>,
        results: Results<'a>,
        skipped: Arc<AtomicU64>,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            floor,
            results: Some(results),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            skipped,
            cancel,
            start: Instant::now(),
            summary: Summary::default(),
        }
    }

    /// What came of the run so far.
    pub fn summary(&self) -> Summary {
        let mut summary = self.summary.clone();
        summary.skipped = self.skipped.load(Ordering::Relaxed);
        summary.seconds = self.start.elapsed().as_secs_f64();
        summary.cancelled = self.cancel.is_cancelled();
        summary
    }

    /// Reads to the end, shows `each` item that finishes, and returns what came of it all.
    ///
    /// # Errors
    /// The ledger cannot be read or written. What was shown before is in it.
    pub async fn finish(mut self, mut each: impl FnMut(Done)) -> Result<Summary, LedgerError> {
        while let Some(done) = self.next().await {
            each(done?);
        }
        Ok(self.summary())
    }

    /// Takes in what has finished, as far as there is room.
    fn gather(&mut self, context: &mut Context<'_>) -> Result<(), LedgerError> {
        while self.waiting_bytes < WAITING_BOUND
            && let Some(results) = &mut self.results
        {
            match results.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(finished))) => self.put(finished?),
                // Calls are guarded one by one, so what panicked here is a defect of ours.
                Poll::Ready(Some(Err(interrupted))) => panic!("{interrupted}"),
                Poll::Ready(None) => self.results = None,
                Poll::Pending => break,
            }
        }
        Ok(())
    }

    fn put(&mut self, finished: Finished) {
        let bytes = finished.done.bytes();
        self.waiting_bytes += bytes;
        self.waiting.push_back(Waiting { finished, bytes });
    }

    /// The next finished item that is durable.
    fn deliver(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Done, LedgerError>>> {
        let Some(front) = self.waiting.front_mut() else {
            let ended = self.results.is_none();
            return if ended {
                Poll::Ready(None)
            } else {
                Poll::Pending
            };
        };
        match poll_all(&mut front.finished.receipts, context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
            Poll::Ready(Ok(())) => {}
        }
        let front = self.waiting.pop_front().expect("it was just looked at");
        self.waiting_bytes -= front.bytes;
        self.release(&front.finished);
        let done = front.finished.done;
        self.summary.count(&done);
        Poll::Ready(Some(Ok(done)))
    }

    fn release(&self, finished: &Finished) {
        if let Some(key) = finished.answer {
            self.floor.answers.release(key);
        }
        for key in &finished.scores {
            self.floor.scores.release(*key);
        }
    }

    fn end(&mut self) {
        self.results = None;
        self.waiting.clear();
    }
}

/// Waits for all receipts, and forgets those that have come.
fn poll_all(
    receipts: &mut Vec<Receipt>,
    context: &mut Context<'_>,
) -> Poll<Result<(), LedgerError>> {
    while let Some(last) = receipts.last_mut() {
        match Pin::new(last).poll(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Ready(Ok(_)) => drop(receipts.pop()),
        }
    }
    Poll::Ready(Ok(()))
}

impl Stream for Run<'_> {
    type Item = Result<Done, LedgerError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let run = self.get_mut();
        if let Err(error) = run.gather(context) {
            run.end();
            return Poll::Ready(Some(Err(error)));
        }
        let next = run.deliver(context);
        if let Poll::Ready(Some(Err(_))) = next {
            run.end();
        }
        next
    }
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("summary", &self.summary)
            .field("waiting", &self.waiting.len())
            .finish_non_exhaustive()
    }
}
