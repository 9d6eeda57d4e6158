//! The tables, and how older files get newer ones.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use super::LedgerError;

/// The tables of one part of the program, step by step.
///
/// A step is SQL that is run once and in order, each file remembers how many it has. Steps are
/// only ever added at the end.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    /// Whose tables: the name of a crate. Tables of different parts have different names.
    pub part: &'static str,
    /// The steps.
    pub steps: &'static [&'static str],
}

impl Migrations {
    fn newest(&self) -> u32 {
        u32::try_from(self.steps.len()).expect("a program has few steps")
    }
}

/// Marks our files: "mlLe" (<https://www.sqlite.org/pragma.html#pragma_application_id>).
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"mlLe");

/// Our own tables. The unique keys stand beside the rows, not above them: keys come in random
/// order, and a row that had to be put between others would cost a page of its own.
pub(super) const OWN: Migrations = Migrations {
    part: "ml-judge",
    steps: &[
        "
        CREATE TABLE answers (
            id INTEGER PRIMARY KEY,
            key BLOB NOT NULL UNIQUE,
            at INTEGER NOT NULL,    -- milliseconds since 1970
            text TEXT NOT NULL,
            facts TEXT NOT NULL     -- JSON: all else that is known of the answer
        ) STRICT;
        CREATE TABLE scores (
            id INTEGER PRIMARY KEY,
            key BLOB NOT NULL UNIQUE,
            at INTEGER NOT NULL,
            score TEXT NOT NULL     -- JSON
        ) STRICT;
        CREATE TABLE trust (
            judge TEXT PRIMARY KEY,
            at INTEGER NOT NULL,
            record TEXT NOT NULL    -- JSON
        ) STRICT;
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            started INTEGER NOT NULL,
            ended INTEGER,
            asked TEXT NOT NULL,    -- JSON: the command and its configuration
            summary TEXT            -- JSON, once it has ended
        ) STRICT;
    ",
        "
        DROP TABLE runs;
    ",
    ],
};

/// Brings the file to the newest version of every part, all or nothing.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    parts: &[Migrations],
) -> Result<(), LedgerError> {
    let sql = |error| LedgerError::new(path, error);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(sql)?;
    if !claim(&transaction).map_err(sql)? {
        let path = path.to_owned();
        return Err(LedgerError::NotALedger { path });
    }
    for part in parts {
        let found = version(&transaction, part.part).map_err(sql)?;
        let Some(missing) = part.steps.get(found as usize..) else {
            return Err(LedgerError::NewerSchema {
                path: path.to_owned(),
                part: part.part.to_owned(),
                found,
                known: part.newest(),
            });
        };
        apply(&transaction, part, missing).map_err(sql)?;
    }
    transaction.commit().map_err(sql)
}

/// Makes a new file ours; says whether it is.
fn claim(transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
    let id: i32 = transaction.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 {
        return Ok(id == APPLICATION_ID);
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.execute_batch(
        "CREATE TABLE parts (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT",
    )?;
    Ok(true)
}

fn version(transaction: &Transaction<'_>, part: &str) -> rusqlite::Result<u32> {
    let version = transaction
        .query_row("SELECT version FROM parts WHERE name = ?1", [part], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(version.unwrap_or(0))
}

fn apply(
    transaction: &Transaction<'_>,
    part: &Migrations,
    missing: &[&str],
) -> rusqlite::Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    for step in missing {
        transaction.execute_batch(step)?;
    }
    transaction.execute(
        "INSERT INTO parts (name, version) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET version = excluded.version",
        (part.part, part.newest()),
    )?;
    Ok(())
}
