//! The memory that loaded models take together, and the line of those that wait for some of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use inference_core::{Error, ErrorKind};
use tokio::sync::Notify;

use super::slot::{Drain, Slot};

mod footprint;
mod room;

pub(super) use footprint::footprint;
pub(super) use room::Standing;
use room::{Resident, Room};

/// How long a load waits until models that are in use leave it room. It is long enough for
/// answers to end, and ends a program that waits for what it holds itself.
const PATIENCE: Duration = Duration::from_mins(2);

/// The memory of a service's models, as far as it is known.
///
/// Without a ceiling there is always room. With one, loads wait in the order in which they came,
/// so that a large model is not passed by small ones for ever.
pub(super) struct Memory {
    ceiling: Option<u64>,
    books: Mutex<Books>,
    /// Told of everything that may make room.
    pub(super) changed: Notify,
}

#[derive(Default)]
struct Books {
    /// What each model takes.
    taken: BTreeMap<u64, Taken>,
    /// The loads that wait for room, the first in front.
    line: VecDeque<u64>,
    next: u64,
}

struct Taken {
    bytes: u64,
    slot: Weak<Slot>,
}

/// Memory that a model takes, until this is dropped.
pub(super) struct Reservation {
    memory: Arc<Memory>,
    id: u64,
    pub(super) bytes: u64,
}

/// A place in the line, until this is dropped.
struct Ticket<'a> {
    memory: &'a Memory,
    id: u64,
}

impl Memory {
    pub(super) fn new(ceiling: Option<u64>) -> Arc<Self> {
        Arc::new(Self {
            ceiling,
            books: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// The sum of what models take that are loaded, loading or being unloaded.
    pub(super) fn taken(&self) -> u64 {
        let books = self.books();
        books.taken.values().map(|taken| taken.bytes).sum()
    }

    pub(super) fn ceiling(&self) -> Option<u64> {
        self.ceiling
    }

    /// Takes memory for a model. Where there is too little, the least recently used models that
    /// nobody uses are unloaded; models that are in use get no new requests until they could be.
    /// `waits` is called before the first wait.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfMemory`]: there can never be room. [`ErrorKind::Unavailable`]: models
    /// were in use for too long.
    pub(super) async fn reserve(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        bytes: u64,
        waits: impl FnOnce(),
    ) -> Result<Reservation, Error> {
        let Some(ceiling) = self.ceiling.filter(|_| bytes > 0) else {
            return Ok(self.take(&mut self.books(), slot, bytes));
        };
        if bytes > ceiling {
            return Err(too_large(slot.name(), bytes, ceiling));
        }
        let claim = Claim {
            slot,
            bytes,
            ceiling,
        };
        let reserved = tokio::time::timeout(PATIENCE, self.wait(&claim, waits)).await;
        reserved.unwrap_or_else(|_| Err(self.in_use(&claim)))
    }

    async fn wait(
        self: &Arc<Self>,
        claim: &Claim<'_>,
        waits: impl FnOnce(),
    ) -> Result<Reservation, Error> {
        let ticket = self.line_up();
        let mut waits = Some(waits);
        let mut drains: Vec<Drain> = Vec::new();
        loop {
            let changed = self.changed.notified();
            if ticket.is_first() {
                match self.make_room(claim)? {
                    Step::Reserved(reservation) => return Ok(reservation),
                    // The new ones begin before the old ones end.
                    Step::Wait(new) => drop(std::mem::replace(&mut drains, new)),
                }
            }
            if let Some(waits) = waits.take() {
                waits();
            }
            changed.await;
        }
    }

    fn make_room(self: &Arc<Self>, claim: &Claim<'_>) -> Result<Step, Error> {
        let slots = self.slots();
        let residents: Vec<Resident> = slots.iter().map(resident).collect();
        let find = |id: &u64| slots.iter().find(|one| one.id == *id);
        match Room::find(claim.ceiling, claim.bytes, &residents) {
            Room::Now => {
                let mut books = self.books();
                // Only the first in line takes some, so there can only be more by now; but for
                // models that take none of the known memory.
                Ok(Step::Reserved(self.take(
                    &mut books,
                    claim.slot,
                    claim.bytes,
                )))
            }
            Room::After { unload, drain } => {
                for one in unload.iter().filter_map(find) {
                    one.slot.unload_if_idle();
                }
                let drains = drain.iter().filter_map(find);
                Ok(Step::Wait(drains.map(|one| one.slot.drain()).collect()))
            }
            Room::Never => Err(pinned(claim, &slots)),
        }
    }

    /// The models that take memory. No lock is held while they are looked at.
    fn slots(&self) -> Vec<Holder> {
        let books = self.books();
        let holder = |(id, taken): (&u64, &Taken)| {
            Some(Holder {
                id: *id,
                bytes: taken.bytes,
                slot: taken.slot.upgrade()?,
            })
        };
        books.taken.iter().filter_map(holder).collect()
    }

    fn take(self: &Arc<Self>, books: &mut Books, slot: &Arc<Slot>, bytes: u64) -> Reservation {
        let id = books.next;
        books.next += 1;
        let slot = Arc::downgrade(slot);
        books.taken.insert(id, Taken { bytes, slot });
        Reservation {
            memory: Arc::clone(self),
            id,
            bytes,
        }
    }

    fn line_up(&self) -> Ticket<'_> {
        let mut books = self.books();
        let id = books.next;
        books.next += 1;
        books.line.push_back(id);
        Ticket { memory: self, id }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn in_use(&self, claim: &Claim<'_>) -> Error {
        let others = claim.others(&self.slots(), |standing| standing != Standing::Fixed);
        let message = format!("{}, and these were in use: {others}", claim.say());
        Error::new(ErrorKind::Unavailable, message)
    }
}

/// What a load asks for.
struct Claim<'a> {
    slot: &'a Arc<Slot>,
    bytes: u64,
    ceiling: u64,
}

/// A model that takes memory.
struct Holder {
    id: u64,
    bytes: u64,
    slot: Arc<Slot>,
}

enum Step {
    Reserved(Reservation),
    /// Until something changes; the models to let run empty meanwhile.
    Wait(Vec<Drain>),
}

impl Claim<'_> {
    fn say(&self) -> String {
        let (name, bytes, ceiling) = (self.slot.name(), self.bytes, self.ceiling);
        format!(
            "model {name:?} needs {}, memory_ceiling is {}",
            mebibytes(bytes),
            mebibytes(ceiling)
        )
    }

    fn others(&self, holders: &[Holder], is_meant: impl Fn(Standing) -> bool) -> String {
        let meant = holders
            .iter()
            .filter(|one| !Arc::ptr_eq(&one.slot, self.slot) && is_meant(one.slot.standing()));
        let said = meant.map(|one| format!("{} ({})", one.slot.name(), mebibytes(one.bytes)));
        said.collect::<Vec<_>>().join(", ")
    }
}

fn resident(holder: &Holder) -> Resident {
    Resident {
        id: holder.id,
        bytes: holder.bytes,
        last_use: holder.slot.last_use(),
        standing: holder.slot.standing(),
    }
}

fn too_large(name: &str, bytes: u64, ceiling: u64) -> Error {
    let message = format!(
        "model {name:?} needs {}, more than memory_ceiling allows ({}): raise it, or say what the \
         model takes with its key memory",
        mebibytes(bytes),
        mebibytes(ceiling)
    );
    Error::new(ErrorKind::OutOfMemory, message)
}

fn pinned(claim: &Claim<'_>, holders: &[Holder]) -> Error {
    let others = claim.others(holders, |standing| standing == Standing::Fixed);
    let message = format!("{}, and these are pinned: {others}", claim.say());
    Error::new(ErrorKind::OutOfMemory, message)
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

impl Ticket<'_> {
    fn is_first(&self) -> bool {
        self.memory.books().line.front() == Some(&self.id)
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.memory.books().line.retain(|id| *id != self.id);
        self.memory.changed.notify_waiters();
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.memory.books().taken.remove(&self.id);
        self.memory.changed.notify_waiters();
    }
}
