//! A run under way: shown, stopped by Ctrl-C, counted.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use futures::{Stream, StreamExt as _};
use ml_judge::{Done, RunSummary, Runner, WorkItem};
use tokio_util::sync::CancellationToken;

use super::Bulk;
use crate::failure::Failure;
use crate::screen;

/// Between two changes of the progress line.
const REFRESH: Duration = Duration::from_millis(200);

/// What is done to many items, for the progress line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work<'a> {
    /// What was done: `answered`, `scored`.
    pub(crate) verb: &'static str,
    /// How many items there are.
    pub(crate) total: u64,
    /// How many were right so far, where that is told.
    pub(crate) right: Option<&'a Cell<u64>>,
}

impl Bulk<'_> {
    /// Works through the items and shows how far it is. Ctrl-C ends the work: what has finished is
    /// in the ledger and still delivered, and the summary says that it was cancelled.
    ///
    /// # Errors
    /// The ledger cannot be read or written, or `each` failed.
    pub(crate) async fn work<S>(
        &self,
        work: Work<'_>,
        runner: Runner,
        items: S,
        mut each: impl FnMut(Done) -> Result<(), Failure>,
    ) -> Result<RunSummary, Failure>
    where
        S: Stream<Item = WorkItem> + Send + Unpin,
    {
        let cancel = CancellationToken::new();
        let run = runner.cancel_on(cancel.clone()).run(items);
        let mut run = run.map_err(anyhow::Error::new)?;
        self.spinner.say(line(work, &run.summary()));
        let working = async {
            let mut shown = Instant::now();
            while let Some(done) = run.next().await {
                each(done.map_err(anyhow::Error::new)?)?;
                if shown.elapsed() >= REFRESH {
                    shown = Instant::now();
                    self.spinner.say(line(work, &run.summary()));
                }
            }
            Ok::<_, Failure>(run.summary())
        };
        let mut working = std::pin::pin!(self.spinner.during(working));
        let summary = tokio::select! {
            done = &mut working => done?,
            () = self.interrupt.pressed() => {
                cancel.cancel();
                working.await?
            }
        };
        let found = summary.items + summary.skipped;
        if !summary.cancelled && found != work.total {
            let expected = work.total;
            let message = "the input changed while it was read";
            return Err(anyhow!("{message}: {found} items, not {expected}").into());
        }
        Ok(summary)
    }
}

/// Says that the run was stopped and how to go on, and ends as any program that Ctrl-C ends.
pub(crate) fn stopped(work: Work<'_>, summary: &RunSummary) -> Failure {
    let finished = summary.items + summary.skipped;
    screen::say(format_args!(
        "stopped after {finished} of {}; the same command goes on from here",
        work.total
    ));
    Failure::Interrupted
}

fn line(work: Work<'_>, summary: &RunSummary) -> String {
    let Work { verb, total, right } = work;
    let done = summary.items + summary.skipped;
    let right = match right {
        Some(right) => format!(", {} right", right.get()),
        None => String::new(),
    };
    let failed = match summary.failures.values().sum::<u64>() {
        0 => String::new(),
        failed => format!(", {failed} failed"),
    };
    format!(
        "{verb} {done} of {total}{right}{failed}, {:.1}/s",
        summary.rate()
    )
}
