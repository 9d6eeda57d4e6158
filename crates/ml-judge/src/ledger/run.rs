//! Runs and the trust of judges: what is recorded beside answers and scores.

use rusqlite::OptionalExtension as _;
use serde_json::Value;

use super::{Ledger, LedgerError, now};

/// Names a run in its ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub i64);

/// What was asked of a program, when, and what came of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunRecord {
    /// Its name.
    pub id: RunId,
    /// Milliseconds since 1970.
    pub started: i64,
    /// Milliseconds since 1970; `None` for a run that still goes on, or was killed.
    pub ended: Option<i64>,
    /// The command with its configuration.
    pub asked: Value,
    /// What came of it, once it has ended.
    pub summary: Option<Value>,
}

impl Ledger {
    /// Records that a run begins.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub async fn start_run(&self, asked: &Value) -> Result<RunId, LedgerError> {
        let asked = asked.to_string();
        self.transaction(move |transaction| {
            let insert = "INSERT INTO runs (started, asked) VALUES (?1, ?2)";
            transaction.execute(insert, (now(), asked))?;
            Ok(RunId(transaction.last_insert_rowid()))
        })
        .await
    }

    /// Records that a run has ended, and what came of it.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub async fn finish_run(&self, id: RunId, summary: &Value) -> Result<(), LedgerError> {
        let summary = summary.to_string();
        self.transaction(move |transaction| {
            let update = "UPDATE runs SET ended = ?2, summary = ?3 WHERE id = ?1";
            transaction
                .execute(update, (id.0, now(), summary))
                .map(drop)
        })
        .await
    }

    /// Every run, oldest first. Blocks.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRecord>, LedgerError> {
        type Columns = (i64, i64, Option<i64>, String, Option<String>);
        let rows: Vec<Columns> = self.read(|connection| {
            let select = "SELECT id, started, ended, asked, summary FROM runs ORDER BY id";
            let mut statement = connection.prepare_cached(select)?;
            let rows = statement.query_map([], |row| row.try_into())?;
            rows.collect()
        })?;
        let json = |text: &str| self.json("runs", text);
        rows.iter()
            .map(|(id, started, ended, asked, summary)| {
                Ok(RunRecord {
                    id: RunId(*id),
                    started: *started,
                    ended: *ended,
                    asked: json(asked)?,
                    summary: summary.as_deref().map(json).transpose()?,
                })
            })
            .collect()
    }

    /// Records how far a judge is to be trusted, in place of what was recorded of it before.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub async fn record_trust(&self, judge: &str, record: &Value) -> Result<(), LedgerError> {
        let (judge, record) = (judge.to_owned(), record.to_string());
        self.transaction(move |transaction| {
            let insert = "INSERT INTO trust (judge, at, record) VALUES (?1, ?2, ?3)
                ON CONFLICT (judge) DO UPDATE SET at = excluded.at, record = excluded.record";
            transaction
                .execute(insert, (judge, now(), record))
                .map(drop)
        })
        .await
    }

    /// How far a judge is to be trusted, where that was measured. Blocks.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn trust(&self, judge: &str) -> Result<Option<Value>, LedgerError> {
        let record: Option<String> = self.read(|connection| {
            let select = "SELECT record FROM trust WHERE judge = ?1";
            connection
                .query_row(select, [judge], |row| row.get(0))
                .optional()
        })?;
        record.map(|record| self.json("trust", &record)).transpose()
    }
}
