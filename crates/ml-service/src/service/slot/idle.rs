//! Unloads a model that nobody has used for a while.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::residency::Residency;
use super::{Slot, State};

/// What the timer of a model does next.
enum Next {
    /// It is in use: until that changes.
    Change,
    /// It is idle: until then.
    Sleep(Instant),
    /// This stay of the model has ended.
    End,
}

/// Waits, without ever looking for nothing, until a model has been idle for so long, and unloads
/// it. Ends with this stay of the model in memory.
pub(super) async fn unload_when_idle(
    slot: Weak<Slot>,
    residency: Weak<Residency>,
    after: Duration,
) {
    loop {
        let (next, changed) = {
            let Some(slot) = slot.upgrade() else {
                return;
            };
            let changed = Arc::clone(&slot.changed).notified_owned();
            (slot.idle(&residency, after), changed)
        };
        match next {
            Next::Change => changed.await,
            Next::Sleep(until) => sleep_until(until).await,
            Next::End => return,
        }
    }
}

impl Slot {
    fn idle(self: &Arc<Self>, expected: &Weak<Residency>, after: Duration) -> Next {
        let mut inner = self.lock();
        let State::Loaded(loaded) = &inner.state else {
            return Next::End;
        };
        if !std::ptr::eq(expected.as_ptr(), Arc::as_ptr(&loaded.residency)) {
            return Next::End;
        }
        if loaded.residency.uses() > 0 {
            return Next::Change;
        }
        let due = loaded.residency.last_use().at + after;
        if due > Instant::now() {
            return Next::Sleep(due);
        }
        drop(self.begin_unload(&mut inner));
        Next::End
    }
}
