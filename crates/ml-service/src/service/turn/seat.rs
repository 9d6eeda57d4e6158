//! Where the answers of one turn run: its own place, and others that nobody waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use crate::service::queue::{Place, Queue};

/// What the answers of one turn run in.
pub(super) struct Seats {
    queue: Arc<Queue>,
    /// Held until nothing of the turn could run in it any more.
    _own: Place,
    is_own_taken: AtomicBool,
    /// Told of every answer that has ended.
    ended: Arc<Notify>,
}

/// What one answer runs in, until this is dropped.
pub(super) enum Seat {
    Own(Arc<Seats>),
    /// It holds nothing of the turn.
    Further {
        place: Option<Place>,
        ended: Arc<Notify>,
    },
}

impl Seats {
    pub(super) fn new(queue: &Arc<Queue>, mut own: Place) -> Arc<Self> {
        own.begin();
        Arc::new(Self {
            queue: Arc::clone(queue),
            _own: own,
            is_own_taken: AtomicBool::new(false),
            ended: Arc::default(),
        })
    }

    /// The turn's own place, else a free one, else whatever comes first when an answer ends.
    pub(super) async fn take(self: Arc<Self>) -> Seat {
        loop {
            let ended = Arc::clone(&self.ended).notified_owned();
            if !self.is_own_taken.swap(true, Ordering::AcqRel) {
                return Seat::Own(self);
            }
            if let Some(mut place) = self.queue.join() {
                place.begin();
                return Seat::Further {
                    place: Some(place),
                    ended: Arc::clone(&self.ended),
                };
            }
            ended.await;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        match self {
            Self::Own(seats) => {
                seats.is_own_taken.store(false, Ordering::Release);
                seats.ended.notify_waiters();
            }
            Self::Further { place, ended } => {
                // Whoever waits in the line comes first.
                drop(place.take());
                ended.notify_waiters();
            }
        }
    }
}
