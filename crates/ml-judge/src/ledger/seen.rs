//! Which keys a ledger has, compactly.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use super::{Key, Ledger, LedgerError, Table};

/// The keys of a table when it was read, eight bytes each, and a filter of fixed size that
/// remembers those that were [added](Self::insert). A key that it does not contain is not in the
/// ledger. Of one that it does, [`Ledger::answer`] or [`Ledger::score`] knows.
#[derive(Debug)]
pub struct Seen {
    table: Table,
    loaded: HashSet<u64, BuildHasherDefault<AsItIs>>,
    added: Filter,
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
            loaded: HashSet::default(),
            added: Filter::new(),
            last: i64::MAX,
            foreign: 0,
        }
    }

    /// Room that is made at once, in keys; for more it is made as they come.
    const ROOM: usize = 1 << 20;

    /// The keys that the table has now. Blocks: 200,000 take about 15 ms.
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
        let (last, loaded) = ledger.read(|connection| {
            let last: i64 = connection.query_row(rows, [], |row| row.get(0))?;
            let mut loaded = HashSet::default();
            loaded.reserve(usize::try_from(last).unwrap_or_default().min(Self::ROOM));
            let mut statement = connection.prepare_cached(keys)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                loaded.insert(Key::from_bytes(row.get(0)?).fingerprint());
            }
            Ok((last, loaded))
        })?;
        Ok(Self {
            table,
            loaded,
            added: Filter::new(),
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
        let (last, loaded) = (&mut self.last, &mut self.loaded);
        ledger.read(|connection| {
            let mut statement = connection.prepare_cached(newer)?;
            let mut rows = statement.query([*last])?;
            while let Some(row) = rows.next()? {
                *last = row.get(0)?;
                loaded.insert(Key::from_bytes(row.get(1)?).fingerprint());
            }
            Ok(())
        })?;
        self.foreign = foreign;
        Ok(())
    }

    /// Adds a key that is on its way into the ledger.
    pub fn insert(&mut self, key: Key) {
        self.added.insert(key);
    }

    /// Whether the ledger may have the key: it is worth a look.
    pub fn contains(&self, key: Key) -> bool {
        self.has_loaded(key) || self.added.may_contain(key)
    }

    /// Whether the table had the key when it was read. Among 200,000 keys, one that it had not is
    /// taken for one that it had with a probability of 10⁻¹⁴.
    pub fn has_loaded(&self, key: Key) -> bool {
        self.loaded.contains(&key.fingerprint())
    }

    /// How many keys the table had when it was read.
    pub fn loaded(&self) -> usize {
        self.loaded.len()
    }
}

/// A Bloom filter (Bloom 1970): among 200,000 keys it takes one in a thousand others for one of
/// them, among ten million all. Either costs a look into the ledger and nothing else.
#[derive(Debug)]
struct Filter {
    words: Box<[u64]>,
}

impl Filter {
    /// 2²² bits: half a mebibyte, however many keys there are.
    const BITS: u32 = 1 << 22;

    fn new() -> Self {
        let words = vec![0; Self::BITS as usize / 64].into_boxed_slice();
        Self { words }
    }

    /// The key is a hash, so its four parts are four.
    fn places(key: Key) -> impl Iterator<Item = (usize, u64)> {
        key.quarters().into_iter().map(|quarter| {
            let bit = quarter % Self::BITS;
            (bit as usize / 64, 1 << (bit % 64))
        })
    }

    fn insert(&mut self, key: Key) {
        for (word, bit) in Self::places(key) {
            self.words[word] |= bit;
        }
    }

    fn may_contain(&self, key: Key) -> bool {
        Self::places(key).all(|(word, bit)| self.words[word] & bit != 0)
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
