//! How connections to the file are set up.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{LedgerError, checkpoint};

/// How long another process may hold the file, in looks of [`LOOK`]: half a minute.
const LOOKS: i32 = 15_000;
const LOOK: Duration = Duration::from_millis(2);

/// Kibibytes of the file that the writer keeps in memory, which hold most of the index of 200,000
/// keys. Twice as much was no faster.
const CACHE_KIB: i32 = 4096;

/// The connection that writes. The file is made where it is missing.
pub(super) fn writer(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags);
    let set_up = connection.and_then(|mut connection| {
        connection.busy_handler(Some(wait))?;
        write_ahead(&connection)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        checkpoint::watch(&mut connection, path)?;
        Ok(connection)
    });
    let connection = set_up.map_err(|error| LedgerError::new(path, error))?;
    match connection.is_readonly("main") {
        Ok(false) => Ok(connection),
        _ => Err(LedgerError::ReadOnly {
            path: path.to_owned(),
        }),
    }
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags);
    let set_up = connection.and_then(|mut connection| {
        connection.busy_handler(Some(wait))?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    });
    set_up.map_err(|error| LedgerError::new(path, error))
}

/// Readers never wait for writers in this mode. SQLite does not call the busy handler while
/// another process sets the same mode.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let mut looks = 0;
    loop {
        let set = connection.pragma_update(None, "journal_mode", "WAL");
        match set {
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && wait(looks) =>
            {
                looks += 1;
            }
            done => return done,
        }
    }
}

/// Short looks, so that processes which write all the time take turns.
fn wait(looks: i32) -> bool {
    thread::sleep(LOOK);
    looks < LOOKS
}
