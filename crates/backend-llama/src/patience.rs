//! When a start has gone on for too long without progress.

use std::time::{Duration, Instant};

use crate::progress::StartPhase;

/// Remembers when a start last moved.
#[derive(Debug)]
pub(crate) struct Patience {
    limit: Duration,
    phase: StartPhase,
    written: u64,
    moved: Instant,
}

impl Patience {
    pub(crate) fn new(limit: Duration, now: Instant) -> Self {
        Self {
            limit,
            phase: StartPhase::Launching,
            written: 0,
            moved: now,
        }
    }

    /// Whether the start may go on that has come to `phase` and written so many bytes. A server
    /// that falls silent for a moment stays in the phase it had reached.
    pub(crate) fn observe(&mut self, phase: StartPhase, written: u64, now: Instant) -> bool {
        if phase > self.phase || written > self.written {
            self.phase = self.phase.max(phase);
            self.written = written;
            self.moved = now;
        }
        now.duration_since(self.moved) < self.limit
    }

    /// How far the start has come.
    pub(crate) fn phase(&self) -> StartPhase {
        self.phase
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_start_that_does_not_move_runs_out_of_patience() {
        use StartPhase::{Launching, Loading};
        let start = Instant::now();
        let mut patience = Patience::new(Duration::from_secs(10), start);
        let mut at = |seconds, phase, written| {
            patience.observe(phase, written, start + Duration::from_secs(seconds))
        };
        assert!(at(9, Launching, 0));
        assert!(!at(10, Launching, 0));
        assert!(at(12, Launching, 1), "new output");
        assert!(at(21, Loading, 1), "a new phase");
        assert!(at(30, Launching, 1), "it falls back, but not for long");
        assert!(!at(31, Loading, 1), "coming back is no progress");
    }
}
