//! Signs of life on a stream while the model says nothing, and the end of its time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// What the clock says to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tick {
    /// Nothing was sent for a while.
    Quiet,
    /// The time is up.
    Deadline,
}

/// The clock of one stream. Nothing is set before the stream first waits.
pub(super) struct Idle {
    every: Duration,
    deadline: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
    /// Whether something was sent since the clock was set.
    active: bool,
}

impl Idle {
    pub(super) fn new(every: Duration, left: Duration) -> Self {
        let now = Instant::now();
        // Far enough where the sum has no place on the clock.
        let far = Duration::from_hours(24 * 365);
        Self {
            every,
            deadline: now.checked_add(left).unwrap_or(now + far),
            sleep: None,
            active: false,
        }
    }

    /// Something was sent.
    pub(super) fn sent(&mut self) {
        self.active = true;
    }

    /// Waits for the clock. Between two sent pieces it is not set anew, which costs more than a
    /// sign of life that comes after up to twice its time.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Tick> {
        loop {
            let next = Instant::now() + self.every;
            let next = next.min(self.deadline);
            let sleep = self
                .sleep
                .get_or_insert_with(|| Box::pin(sleep_until(next)));
            std::task::ready!(sleep.as_mut().poll(context));
            if Instant::now() >= self.deadline {
                return Poll::Ready(Tick::Deadline);
            }
            sleep.as_mut().reset(next);
            if !std::mem::take(&mut self.active) {
                return Poll::Ready(Tick::Quiet);
            }
        }
    }
}
