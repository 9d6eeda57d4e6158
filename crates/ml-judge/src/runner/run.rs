//! A run under way.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use futures::stream::{Stream, StreamExt as _};
use tokio_util::sync::CancellationToken;

use super::{Done, RunSummary};
use crate::{Interrupted, LedgerError};

pub(super) type Results<'a> =
    Pin<Box<dyn Stream<Item = Result<Result<Done, LedgerError>, Interrupted>> + Send + 'a>>;

/// A run under way: a stream of finished items, each delivered once it is durable.
///
/// The work is done by whoever reads the stream; nothing goes on while nobody does. An error of
/// the ledger is the last item. Dropping the stream drops what is in work; what was answered or
/// scored by then is still recorded.
#[must_use = "a run does nothing until it is read"]
pub struct Run<'a> {
    /// `None` once there will be no more.
    results: Option<Results<'a>>,
    skipped: Arc<AtomicU64>,
    cancel: CancellationToken,
    start: Instant,
    summary: RunSummary,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        results: Results<'a>,
        skipped: Arc<AtomicU64>,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            results: Some(results),
            skipped,
            cancel,
            start: Instant::now(),
            summary: RunSummary::default(),
        }
    }

    /// What came of the run so far.
    pub fn summary(&self) -> RunSummary {
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
    pub async fn finish(mut self, mut each: impl FnMut(Done)) -> Result<RunSummary, LedgerError> {
        while let Some(done) = self.next().await {
            each(done?);
        }
        Ok(self.summary())
    }
}

impl Stream for Run<'_> {
    type Item = Result<Done, LedgerError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let run = self.get_mut();
        let Some(results) = &mut run.results else {
            return Poll::Ready(None);
        };
        let next = ready!(results.poll_next_unpin(context));
        // Calls are guarded one by one, so what panicked here is a defect of ours.
        let next = next.map(|next| next.unwrap_or_else(|interrupted| panic!("{interrupted}")));
        match &next {
            Some(Ok(done)) => run.summary.count(done),
            Some(Err(_)) | None => run.results = None,
        }
        Poll::Ready(next)
    }
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}
