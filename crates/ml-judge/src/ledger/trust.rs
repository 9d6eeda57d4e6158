//! How far judges are to be trusted: what is recorded beside answers and scores.

use rusqlite::OptionalExtension as _;
use serde_json::Value;

use super::{Ledger, LedgerError, now};

impl Ledger {
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
