//! What was asked and scored, in one SQLite file.

use std::fs;
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use crate::Score;

mod checkpoint;
mod connection;
mod error;
mod key;
mod queue;
mod record;
mod schema;
mod seen;
mod trust;
mod writer;

/// Where the queue's locks come from: a model checker has others.
mod sync {
    pub(super) use std::sync::{Condvar, Mutex, MutexGuard};
}

pub use error::LedgerError;
pub use key::{Key, KeyHasher};
pub use record::{AnswerFacts, AnswerRecord, Conflict, Recorded, Table};
pub use schema::Migrations;
pub use seen::Seen;

use queue::{Entry, Queue};
use record::{Body, Row};
use writer::{Job, Writer};

/// Bytes that may wait to be written; as much again is being written.
const QUEUE_BOUND: usize = 1 << 20;

/// What was asked and scored, in one SQLite file. Clones share it.
///
/// # What is durable
/// A row is written within 50 ms of [`record_answer`](Self::record_answer) or
/// [`record_score`](Self::record_score), unless the disk is slower than that to take some
/// megabytes: at once, or together with all others that came during the commit before. Its
/// [`Receipt`] completes then. From there on it survives whatever happens to this process. A
/// power cut never damages the file, but may lose the rows of the last seconds that the system
/// had not yet put on the disk (SQLite's write-ahead log with `synchronous = NORMAL`,
/// <https://www.sqlite.org/pragma.html#pragma_synchronous>): they are asked again. Beside the file
/// the log grows to 128 MB at most, unless another process reads for long; it goes with the last
/// one that has the ledger open.
///
/// # Who may use it
/// Any number of tasks, and any number of processes of one machine at once. A key has one row:
/// where two record it, the first stays, or the newest with [`Conflict::Replace`].
///
/// # Other tables
/// A program adds its own by [`open_with`](Self::open_with), writes them in a
/// [`transaction`](Self::transaction) and reads them with [`read`](Self::read).
///
/// Dropping the last clone writes what is queued, which blocks for some milliseconds.
#[derive(Debug, Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    queue: Arc<Queue<Job>>,
    foreign: Arc<AtomicU64>,
    reader: Mutex<Connection>,
    /// `None` only while it is being dropped.
    writer: Option<JoinHandle<()>>,
}

impl Ledger {
    /// Opens the ledger, or makes a new one, with its folder. Blocks.
    ///
    /// # Errors
    /// The file cannot be opened, is no ledger, may not be written, or a newer program wrote it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LedgerError> {
        Self::open_with(path, &[])
    }

    /// Opens the ledger and brings the tables of other parts of the program up to date too.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, parts: &[Migrations]) -> Result<Self, LedgerError> {
        let path = path.as_ref().to_owned();
        if let Some(folder) = path.parent() {
            // What is wrong with the folder shows when the file is opened.
            let _ = fs::create_dir_all(folder);
        }
        let mut connection = connection::writer(&path)?;
        let all: Vec<_> = [schema::OWN].iter().chain(parts).copied().collect();
        schema::migrate(&mut connection, &path, &all)?;
        let reader = connection::reader(&path)?;
        let queue = Arc::new(Queue::new(QUEUE_BOUND));
        let foreign = Arc::new(AtomicU64::new(0));
        let writer = Writer {
            connection,
            path: path.clone(),
            queue: Arc::clone(&queue),
            foreign: Arc::clone(&foreign),
        };
        let writer = thread::spawn(move || writer.run());
        let inner = Inner {
            path,
            queue,
            foreign,
            reader: Mutex::new(reader),
            writer: Some(writer),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The answer of a key. Blocks for some microseconds.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn answer(&self, key: Key) -> Result<Option<AnswerRecord>, LedgerError> {
        let row: Option<(String, String)> = self.read(|connection| {
            let select = "SELECT text, facts FROM answers WHERE key = ?1";
            let mut statement = connection.prepare_cached(select)?;
            statement
                .query_row([key.as_bytes()], |row| row.try_into())
                .optional()
        })?;
        row.map(|(text, facts)| {
            let facts = self.json("answers", &facts)?;
            Ok(AnswerRecord { text, facts })
        })
        .transpose()
    }

    /// The score of a key. Blocks for some microseconds.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn score(&self, key: Key) -> Result<Option<Score>, LedgerError> {
        let score: Option<String> = self.read(|connection| {
            let select = "SELECT score FROM scores WHERE key = ?1";
            let mut statement = connection.prepare_cached(select)?;
            statement
                .query_row([key.as_bytes()], |row| row.get(0))
                .optional()
        })?;
        score.map(|score| self.json("scores", &score)).transpose()
    }

    /// Records an answer. Waits only while too much waits to be written; the receipt tells when
    /// the answer is durable.
    ///
    /// # Errors
    /// The writer died. What goes wrong with writing is told by the receipt.
    pub async fn record_answer(
        &self,
        key: Key,
        answer: &AnswerRecord,
        conflict: Conflict,
    ) -> Result<Receipt, LedgerError> {
        let text = answer.text.clone();
        let facts = self.text("answers", &answer.facts)?;
        self.record(key, Body::Answer { text, facts }, conflict)
            .await
    }

    /// Records a score, as [`record_answer`](Self::record_answer) does an answer.
    ///
    /// # Errors
    /// The writer died.
    pub async fn record_score(
        &self,
        key: Key,
        score: &Score,
        conflict: Conflict,
    ) -> Result<Receipt, LedgerError> {
        let score = self.text("scores", score)?;
        self.record(key, Body::Score { score }, conflict).await
    }

    /// Runs a transaction after all that was recorded before, and returns what it returned once
    /// it is committed. An error rolls it back. Other processes wait meanwhile, so it should be
    /// short. It runs to its end even where the future is dropped.
    ///
    /// # Errors
    /// That of `run` or of the commit; [`LedgerError::Closed`] where `run` panicked.
    pub async fn transaction<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (answer, receipt) = oneshot::channel();
        let path = self.inner.path.clone();
        let job = Job::Run(Box::new(move |connection| {
            let done = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .and_then(|transaction| {
                    let value = run(&transaction)?;
                    transaction.commit()?;
                    Ok(value)
                });
            // Nobody may wait any more.
            let _ = answer.send(done.map_err(|error| LedgerError::new(&path, error)));
        }));
        self.push(Entry { job, weight: 0 }).await?;
        receipt.await.map_err(|_| self.closed())?
    }

    /// Waits until all that was recorded before is durable, or was told to have failed.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub async fn flush(&self) -> Result<(), LedgerError> {
        self.transaction(|_| Ok(())).await
    }

    /// Reads on the caller's thread, from what is committed. One reader at a time: others wait.
    ///
    /// # Errors
    /// That of `run`.
    pub fn read<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        // A reader that panicked left nothing half done.
        let reader = self
            .inner
            .reader
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        run(&reader).map_err(|error| LedgerError::new(&self.inner.path, error))
    }

    /// How often this process has noticed that another one wrote. It looks when it writes.
    pub fn foreign_commits(&self) -> u64 {
        self.inner.foreign.load(Ordering::Acquire)
    }

    async fn record(
        &self,
        key: Key,
        body: Body,
        conflict: Conflict,
    ) -> Result<Receipt, LedgerError> {
        let row = Row {
            key,
            at: now(),
            body,
            conflict,
        };
        let (answer, done) = oneshot::channel();
        let weight = row.weight();
        self.push(Entry {
            job: Job::Record(row, answer),
            weight,
        })
        .await?;
        let ledger = self.clone();
        Ok(Receipt { done, ledger })
    }

    async fn push(&self, entry: Entry<Job>) -> Result<(), LedgerError> {
        let mut entry = Some(entry);
        let open = poll_fn(|context| self.inner.queue.poll_push(&mut entry, context)).await;
        if open { Ok(()) } else { Err(self.closed()) }
    }

    fn json<T: DeserializeOwned>(&self, table: &'static str, text: &str) -> Result<T, LedgerError> {
        let unreadable = |error| LedgerError::unreadable(&self.inner.path, table, error);
        serde_json::from_str(text).map_err(unreadable)
    }

    fn text<T: Serialize>(&self, table: &'static str, value: &T) -> Result<String, LedgerError> {
        let unreadable = |error| LedgerError::unreadable(&self.inner.path, table, error);
        serde_json::to_string(value).map_err(unreadable)
    }

    fn closed(&self) -> LedgerError {
        let path = self.inner.path.clone();
        LedgerError::Closed { path }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(writer) = self.writer.take() {
            // What it could not write, it told those who waited.
            let _ = writer.join();
        }
    }
}

/// Completes when a row is durable, or could not be written. Dropping it changes nothing: the
/// row is written all the same. Receipts complete in the order of their rows.
#[derive(Debug)]
pub struct Receipt {
    done: oneshot::Receiver<Result<Recorded, LedgerError>>,
    ledger: Ledger,
}

impl Future for Receipt {
    type Output = Result<Recorded, LedgerError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let done = Pin::new(&mut self.done).poll(context);
        done.map(|done| done.unwrap_or_else(|_| Err(self.ledger.closed())))
    }
}

/// Milliseconds since 1970; a clock before that counts as 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    i64::try_from(millis).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod interleaving;
#[cfg(test)]
mod tests;
