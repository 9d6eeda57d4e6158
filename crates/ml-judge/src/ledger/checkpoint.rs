//! Moves what SQLite's write-ahead log holds into the file, beside the writing.
//!
//! SQLite by itself moves it within a commit, which waits for the disk meanwhile. Here a thread
//! moves most of it while the writer goes on, and the writer only the rest that came by then: the
//! log begins anew once all of it was moved (<https://www.sqlite.org/wal.html#ckpt>).

use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use super::{LedgerError, connection};

/// Pages of the log at which moving begins: 32 MB. A page of the index that many rows change is
/// moved once, not with every commit. Half as many cost a sixth of the speed.
const BEGIN: i32 = 8192;

/// Pages of the log at which the writer waits for the mover: 128 MB.
const MOST: i32 = 4 * BEGIN;

/// How often the mover moves what is there: each time less came meanwhile. A third time gained
/// nothing.
const ROUNDS: usize = 2;

/// Keeps the log of the writer's connection short.
pub(super) fn watch(connection: &mut Connection, path: &Path) -> rusqlite::Result<()> {
    let mut log = Log {
        path: path.to_owned(),
        mover: None,
    };
    connection.wal_hook(Some(move |wal: &mut Wal, pages| {
        log.committed(wal, pages);
        Ok(())
    }))
}

/// The log of one file, as its writer sees it. Dropping it waits for the mover.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    mover: Option<JoinHandle<()>>,
}

impl Log {
    /// A commit has made the log so long.
    fn committed(&mut self, wal: &mut Wal, pages: i32) {
        let is_due = match &self.mover {
            None => pages >= BEGIN,
            Some(mover) => mover.is_finished() || pages >= MOST,
        };
        if !is_due {
            return;
        }
        if self.mover.is_some() {
            self.join();
            // Where another process moves it or reads from it, a later commit tries again. What
            // else is wrong with the file, the next commit tells.
            let _ = wal.checkpoint();
        } else {
            let path = self.path.clone();
            self.mover = Some(thread::spawn(move || {
                // The writer's turn comes however far this got.
                let _ = move_log(&path);
            }));
        }
    }

    fn join(&mut self) {
        if let Some(mover) = self.mover.take() {
            // One that panicked left the log as it was.
            let _ = mover.join();
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.join();
    }
}

fn move_log(path: &Path) -> Result<(), LedgerError> {
    let connection = connection::reader(path)?;
    for _ in 0..ROUNDS {
        connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .map_err(|error| LedgerError::new(path, error))?;
    }
    Ok(())
}
