//! A model that takes no new requests, so that it becomes idle.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Slot;

/// Keeps new requests of a model waiting until this is dropped, or until the model was unloaded.
pub(in crate::service) struct Drain {
    slot: Arc<Slot>,
}

impl Slot {
    /// Lets the model take no new requests; those that come wait.
    pub(in crate::service) fn drain(self: &Arc<Self>) -> Drain {
        self.drains.fetch_add(1, Ordering::AcqRel);
        Drain {
            slot: Arc::clone(self),
        }
    }

    pub(super) fn is_draining(&self) -> bool {
        self.drains.load(Ordering::Acquire) > 0
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        if self.slot.drains.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.slot.changed.notify_waiters();
        }
    }
}
