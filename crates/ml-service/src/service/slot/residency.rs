//! One stay of a model in memory, and who uses it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use inference_core::{Error, ErrorKind, Retry, TextModel};
use tokio::time::Instant;

use super::Slot;

/// One stay of a model in memory, from its load until it is unloaded.
pub(super) struct Residency {
    pub(super) model: Arc<dyn TextModel>,
    uses: AtomicUsize,
    spent: AtomicBool,
    last_use: Mutex<LastUse>,
}

#[derive(Clone, Copy)]
pub(super) struct LastUse {
    pub(super) at: Instant,
    /// Its place in the order of all uses of all models.
    pub(super) order: u64,
}

impl Residency {
    pub(super) fn new(model: Arc<dyn TextModel>, order: u64) -> Arc<Self> {
        let at = Instant::now();
        Arc::new(Self {
            model,
            uses: AtomicUsize::new(0),
            spent: AtomicBool::new(false),
            last_use: Mutex::new(LastUse { at, order }),
        })
    }

    /// How many leases there are.
    pub(super) fn uses(&self) -> usize {
        self.uses.load(Ordering::Acquire)
    }

    /// Whether the model is dead and only a new load helps.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Acquire)
    }

    pub(super) fn last_use(&self) -> LastUse {
        *self.last_use.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self, order: u64) {
        let at = Instant::now();
        *self.last_use.lock().unwrap_or_else(PoisonError::into_inner) = LastUse { at, order };
    }
}

/// A model in use: it is not unloaded before this is dropped, unless by name and by force.
pub(in crate::service) struct Lease {
    slot: Arc<Slot>,
    residency: Arc<Residency>,
}

impl Lease {
    /// The first lease of a stay is taken under the lock of the slot.
    pub(super) fn new(slot: &Arc<Slot>, residency: &Arc<Residency>) -> Self {
        residency.uses.fetch_add(1, Ordering::AcqRel);
        residency.touch(slot.lifecycle.tick());
        Self {
            slot: Arc::clone(slot),
            residency: Arc::clone(residency),
        }
    }

    pub(in crate::service) fn model(&self) -> &Arc<dyn TextModel> {
        &self.residency.model
    }

    /// Remembers an error that says that the model is gone: the next request loads it again.
    /// A backend that comes back by itself says so by another retry class.
    pub(in crate::service) fn note(&self, error: &Error) {
        let is_gone = match error.kind() {
            ErrorKind::Closed => true,
            ErrorKind::Crashed => error.retry() == Retry::Never,
            _ => false,
        };
        if is_gone {
            self.residency.spent.store(true, Ordering::Release);
        }
    }
}

impl Clone for Lease {
    fn clone(&self) -> Self {
        Self::new(&self.slot, &self.residency)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.residency.touch(self.slot.lifecycle.tick());
        if self.residency.uses.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.slot.changed.notify_waiters();
            self.slot.lifecycle.memory.changed.notify_waiters();
        }
    }
}
