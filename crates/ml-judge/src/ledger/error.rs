//! What can go wrong with a ledger.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::ErrorCode;

/// A ledger that cannot be opened, read or written. What was durable before stays so.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The file cannot be opened or created.
    #[error("cannot open the ledger {}: check that its folder exists and may be written", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// The file is no SQLite database, or one of another program.
    #[error("{} is not a ledger: name another file", path.display())]
    NotALedger {
        /// The file.
        path: PathBuf,
    },
    /// A newer program wrote the file.
    #[error(
        "the ledger {} has version {found} of {part}, this program knows up to {known}: update it",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Whose tables.
        part: String,
        /// The version in the file.
        found: u32,
        /// The newest version that is known.
        known: u32,
    },
    /// The file or its folder may not be written.
    #[error("the ledger {} may not be written: check the permissions of the file and its folder", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("no room left for the ledger {}: free some space and run the same command again", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Another process held the file for too long.
    #[error("another process keeps the ledger {} locked: wait for it or end it", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("the ledger {} is damaged: move it away and start a new one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// A row holds what no version of this program wrote.
    #[error("the ledger {} has an entry of {table} that cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Its table.
        table: &'static str,
        /// Why.
        #[source]
        source: Arc<serde_json::Error>,
    },
    /// Any other failure of SQLite.
    #[error("the ledger {} cannot be read or written", path.display())]
    Sql {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// The thread that writes the ledger died.
    #[error("the ledger {} is closed: its writer died", path.display())]
    Closed {
        /// The file.
        path: PathBuf,
    },
}

impl LedgerError {
    /// Names what the caller can do about an error of SQLite.
    pub(super) fn new(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let io_without_room = error.sqlite_error().is_some_and(|e| {
            // A limit on file sizes is no full disk to SQLite.
            e.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE
        });
        let source = Arc::new(error);
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::SystemIoFailure) if io_without_room => Self::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::NotADatabase) => Self::NotALedger { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, source },
            Some(ErrorCode::CannotOpen) => Self::Open { path, source },
            _ => Self::Sql { path, source },
        }
    }

    pub(super) fn unreadable(path: &Path, table: &'static str, source: serde_json::Error) -> Self {
        Self::Unreadable {
            path: path.to_owned(),
            table,
            source: Arc::new(source),
        }
    }
}
