//! The queue in front of one model.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use inference_core::{Error, ErrorKind, Retry};
use tokio::time::Instant;

mod line;

use line::{Arrival, Line};

/// The queue of one model: who runs, and who waits for a place.
pub(super) struct Queue {
    model: String,
    inner: Mutex<Inner>,
}

struct Inner {
    line: Line,
    /// Those that nobody has told yet.
    fates: HashMap<u64, Fate>,
    next: u64,
    refused: u64,
    /// How long a request runs, on average; the last ones count most.
    mean: Option<Duration>,
}

enum Fate {
    Waits(Option<Waker>),
    Runs,
    Displaced,
}

/// How many requests run and wait at one model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueStatus {
    /// Requests that have a place.
    pub running: usize,
    /// Most that may run at once.
    pub places: usize,
    /// Requests that wait for a place.
    pub waiting: usize,
    /// Most that may wait.
    pub max_waiting: usize,
    /// How long the one has waited that came first.
    pub longest_wait: Duration,
    /// How many were refused so far because too many waited.
    pub refused: u64,
}

impl Queue {
    pub(super) fn new(model: &str, places: usize, room: usize) -> Arc<Self> {
        let inner = Inner {
            line: Line::new(places, room),
            fates: HashMap::new(),
            next: 0,
            refused: 0,
            mean: None,
        };
        Arc::new(Self {
            model: model.to_owned(),
            inner: Mutex::new(inner),
        })
    }

    /// Comes into the line, at once. The place comes when it is the client's turn.
    ///
    /// # Errors
    /// [`ErrorKind::RateLimited`] where too many wait, with the time after which to try again. A
    /// request that waits gets it later where it has to go for one of a client with fewer.
    pub(super) fn enter(self: &Arc<Self>, client: &str) -> Result<Waiting, Error> {
        let mut inner = self.inner();
        let id = inner.next;
        inner.next += 1;
        let (fate, woken) = match inner.line.arrive(client, id, Instant::now()) {
            Arrival::Refused => return Err(self.refuse(&mut inner)),
            Arrival::Runs => (Fate::Runs, None),
            Arrival::Waits => (Fate::Waits(None), None),
            Arrival::Displaces(other) => (Fate::Waits(None), inner.settle(other, Fate::Displaced)),
        };
        inner.fates.insert(id, fate);
        drop(inner);
        wake(woken);
        Ok(Waiting {
            queue: Arc::clone(self),
            id,
        })
    }

    /// A place, if one is free, which nobody waits for then.
    pub(super) fn join(self: &Arc<Self>) -> Option<Place> {
        let joined = self.inner().line.join();
        joined.then(|| Place {
            queue: Arc::clone(self),
            begun: None,
        })
    }

    pub(super) fn set_places(&self, places: usize) {
        let mut inner = self.inner();
        let admitted = inner.line.set_places(places);
        let settled = admitted.into_iter();
        let woken: Vec<_> = settled.map(|id| inner.settle(id, Fate::Runs)).collect();
        drop(inner);
        woken.into_iter().for_each(wake);
    }

    pub(super) fn status(&self) -> QueueStatus {
        let inner = self.inner();
        QueueStatus {
            running: inner.line.running(),
            places: inner.line.places(),
            waiting: inner.line.waiting(),
            max_waiting: inner.line.room(),
            longest_wait: inner
                .line
                .oldest()
                .map_or(Duration::ZERO, |since| since.elapsed()),
            refused: inner.refused,
        }
    }

    /// A running request has ended; `took` is how long it ran, where it came to that.
    fn end(&self, took: Option<Duration>) {
        let mut inner = self.inner();
        if let Some(took) = took {
            inner.mean = Some(inner.mean.map_or(took, |mean| (mean * 7 + took) / 8));
        }
        let admitted = inner.line.end();
        let woken = admitted.and_then(|id| inner.settle(id, Fate::Runs));
        drop(inner);
        wake(woken);
    }

    fn refuse(&self, inner: &mut Inner) -> Error {
        inner.refused += 1;
        let after = retry_after(inner.mean, inner.line.waiting(), inner.line.places());
        let message = format!(
            "model {:?} has {} requests in work and {} waiting, which is as many as may wait: try \
             again in {} s",
            self.model,
            inner.line.running(),
            inner.line.waiting(),
            after.as_secs()
        );
        Error::new(ErrorKind::RateLimited, message).with_retry(Retry::After(after))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Decides over one that waits; returns whom to wake, without the lock.
    fn settle(&mut self, id: u64, fate: Fate) -> Option<Waker> {
        match self.fates.insert(id, fate) {
            Some(Fate::Waits(waker)) => waker,
            _ => None,
        }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// When the line has probably gone: what those who wait and one more take on average, at so many
/// places. Whole seconds, between 1 s, which is also told while no average is known, and 60 s.
fn retry_after(mean: Option<Duration>, waiting: usize, places: usize) -> Duration {
    let rounds = (waiting + 1).div_ceil(places.max(1));
    let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
    let left = mean.unwrap_or_default().saturating_mul(rounds);
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    Duration::from_secs(seconds.clamp(1, 60))
}

/// A request in the line: a future of its place. Dropping it leaves the line.
#[must_use = "it leaves the line when it is dropped"]
pub(super) struct Waiting {
    queue: Arc<Queue>,
    id: u64,
}

/// A place among those that run, until this is dropped.
#[must_use = "the place is free again when it is dropped"]
pub(super) struct Place {
    queue: Arc<Queue>,
    begun: Option<Instant>,
}

impl Place {
    /// The request is asked now: what it waited for so far says nothing about how long one runs.
    pub(super) fn begin(&mut self) {
        self.begun = Some(Instant::now());
    }
}

impl Future for Waiting {
    type Output = Result<Place, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut inner = self.queue.inner();
        match inner.fates.get_mut(&self.id) {
            Some(Fate::Waits(waker)) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            Some(Fate::Displaced) => {
                inner.fates.remove(&self.id);
                Poll::Ready(Err(self.queue.refuse(&mut inner)))
            }
            Some(Fate::Runs) => {
                inner.fates.remove(&self.id);
                Poll::Ready(Ok(Place {
                    queue: Arc::clone(&self.queue),
                    begun: None,
                }))
            }
            None => panic!("a place is given once"),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let fate = {
            let mut inner = self.queue.inner();
            let fate = inner.fates.remove(&self.id);
            if matches!(fate, Some(Fate::Waits(_))) {
                inner.line.leave(self.id);
            }
            fate
        };
        if matches!(fate, Some(Fate::Runs)) {
            self.queue.end(None);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queue.end(self.begun.map(|begun| begun.elapsed()));
    }
}

#[cfg(test)]
mod tests;
