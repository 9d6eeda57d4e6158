//! The one thread of a process that writes a ledger.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::LedgerError;
use super::queue::Queue;
use super::record::{Body, Recorded, Row};

/// Work for the writer.
pub(super) enum Job {
    /// A row, and who wants to know.
    Record(Row, oneshot::Sender<Result<Recorded, LedgerError>>),
    /// A transaction of its own.
    Run(Box<dyn FnOnce(&mut Connection) + Send>),
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(row, _) => f.debug_tuple("Record").field(row).finish(),
            Self::Run(_) => f.write_str("Run"),
        }
    }
}

/// What the thread owns.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) queue: Arc<Queue<Job>>,
    /// Counts the times that others were seen to have written.
    pub(super) foreign: Arc<AtomicU64>,
}

type Waiting = oneshot::Sender<Result<Recorded, LedgerError>>;

impl Writer {
    /// Writes what comes, in its order, until the queue is closed and empty. What comes during a
    /// commit shares the next one.
    pub(super) fn run(mut self) {
        let mut version = self.data_version();
        while let Some(jobs) = self.queue.take() {
            let now = self.data_version();
            if now != version {
                version = now;
                self.foreign.fetch_add(1, Ordering::Release);
            }
            self.work(jobs);
        }
    }

    /// A number that changes when another connection has written
    /// (<https://www.sqlite.org/pragma.html#pragma_data_version>).
    fn data_version(&self) -> Option<i64> {
        let query = "PRAGMA data_version";
        self.connection.query_row(query, [], |row| row.get(0)).ok()
    }

    fn work(&mut self, jobs: VecDeque<Job>) {
        let mut rows = Vec::with_capacity(jobs.len());
        let mut waiting = Vec::with_capacity(jobs.len());
        for job in jobs {
            match job {
                Job::Record(row, receipt) => {
                    rows.push(row);
                    waiting.push(receipt);
                }
                Job::Run(run) => {
                    self.commit(&mut rows, &mut waiting);
                    // Who asked for it learns of a panic by an answer that never comes.
                    let _ = catch_unwind(AssertUnwindSafe(|| run(&mut self.connection)));
                }
            }
        }
        self.commit(&mut rows, &mut waiting);
    }

    /// Writes the rows, all or none, and tells those who wait.
    fn commit(&mut self, rows: &mut Vec<Row>, waiting: &mut Vec<Waiting>) {
        if rows.is_empty() {
            return;
        }
        let written = write(&mut self.connection, rows);
        rows.clear();
        // A receipt that nobody waits for is no failure.
        match written {
            Ok(all) => waiting.drain(..).zip(all).for_each(|(receipt, recorded)| {
                let _ = receipt.send(Ok(recorded));
            }),
            Err(error) => {
                let error = LedgerError::new(&self.path, error);
                waiting.drain(..).for_each(|receipt| {
                    let _ = receipt.send(Err(error.clone()));
                });
            }
        }
    }
}

fn write(connection: &mut Connection, rows: &[Row]) -> rusqlite::Result<Vec<Recorded>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let mut statement = transaction.prepare_cached(row.statement())?;
        let key = row.key.as_bytes();
        let changed = match &row.body {
            Body::Answer { text, facts } => statement.execute((key, row.at, text, facts)),
            Body::Score { score } => statement.execute((key, row.at, score)),
        }?;
        all.push(if changed == 0 {
            Recorded::Kept
        } else {
            Recorded::New
        });
    }
    transaction.commit()?;
    Ok(all)
}
