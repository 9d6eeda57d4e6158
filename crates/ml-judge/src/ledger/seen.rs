//! Which keys a ledger has, compactly.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use super::{Key, Ledger, LedgerError, Table};

/// Eight bytes for every key of a table: what is not among them is not in the ledger, what is
/// among them almost certainly is, and [`Ledger::answer`] or [`Ledger::score`] knows.
#[derive(Debug)]
pub struct Seen {
    table: Table,
    prints: HashSet<u64, BuildHasherDefault<AsItIs>>,
    /// The newest row that was read.
    last: i64,
    /// [`Ledger::foreign_commits`] when it was read.
    foreign: u64,
}

impl Seen {
    /// No key.
    pub fn nothing(table: Table) -> Self {
        Self {
            table,
            prints: HashSet::default(),
            last: i64::MAX,
            foreign: 0,
        }
    }

    /// The keys that the table has now. Blocks: 200,000 take about 50 ms.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn load(ledger: &Ledger, table: Table) -> Result<Self, LedgerError> {
        let (rows, keys) = match table {
            Table::Answers => (
                "SELECT coalesce(max(id), 0) FROM answers",
                "SELECT key FROM answers",
            ),
            Table::Scores => (
                "SELECT coalesce(max(id), 0) FROM scores",
                "SELECT key FROM scores",
            ),
        };
        let foreign = ledger.foreign_commits();
        let (last, prints) = ledger.read(|connection| {
            let last: i64 = connection.query_row(rows, [], |row| row.get(0))?;
            let mut prints = HashSet::default();
            prints.reserve(usize::try_from(last).unwrap_or_default());
            let mut statement = connection.prepare_cached(keys)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                prints.insert(Key::from_bytes(row.get(0)?).fingerprint());
            }
            Ok((last, prints))
        })?;
        Ok(Self {
            table,
            prints,
            last,
            foreign,
        })
    }

    /// Adds what other processes have recorded since, as far as is known without asking.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn refresh(&mut self, ledger: &Ledger) -> Result<(), LedgerError> {
        let foreign = ledger.foreign_commits();
        if foreign == self.foreign || self.last == i64::MAX {
            return Ok(());
        }
        let newer = match self.table {
            Table::Answers => "SELECT id, key FROM answers WHERE id > ?1 ORDER BY id",
            Table::Scores => "SELECT id, key FROM scores WHERE id > ?1 ORDER BY id",
        };
        let (last, prints) = (&mut self.last, &mut self.prints);
        ledger.read(|connection| {
            let mut statement = connection.prepare_cached(newer)?;
            let mut rows = statement.query([*last])?;
            while let Some(row) = rows.next()? {
                *last = row.get(0)?;
                prints.insert(Key::from_bytes(row.get(1)?).fingerprint());
            }
            Ok(())
        })?;
        self.foreign = foreign;
        Ok(())
    }

    /// Adds a key.
    pub fn insert(&mut self, key: Key) {
        self.prints.insert(key.fingerprint());
    }

    /// Whether the ledger may have the key.
    pub fn contains(&self, key: Key) -> bool {
        self.prints.contains(&key.fingerprint())
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.prints.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.prints.is_empty()
    }
}

/// The hash of what is a hash already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
