//! How many at once is best: a limit that grows while that helps.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::Signal;

/// Completions that make up one look at the rate, per slot of the limit.
const LOOK_PER_SLOT: usize = 2;
/// Completions that a look takes at least.
const LOOK_AT_LEAST: usize = 16;
/// What more slots must bring to be kept: a twentieth.
const GAIN: f64 = 1.05;
/// Looks without a change after growth brought nothing, or the server asked for less.
const REST: u32 = 8;

/// Climbs towards the best number of calls at once: half as many more while the rate grows with
/// it, back where it does not, half when the server asks for less. Failures alone change nothing,
/// since fewer calls do not mend a broken server.
#[derive(Debug)]
pub(super) struct Climb {
    limit: usize,
    most: usize,
    /// The limit and rate before the last growth.
    before: Option<(usize, f64)>,
    rest: u32,
    look: Look,
}

/// The completions since the last decision.
#[derive(Debug, Clone, Copy)]
struct Look {
    start: Duration,
    finished: usize,
    /// Whether the limit was ever what held calls back.
    full: bool,
}

impl Look {
    fn at(start: Duration) -> Self {
        Self {
            start,
            finished: 0,
            full: false,
        }
    }

    /// Completions per second.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn rate(&self, now: Duration) -> f64 {
        let seconds = now.saturating_sub(self.start).as_secs_f64();
        self.finished as f64 / seconds.max(1e-9)
    }
}

impl Climb {
    pub(super) fn new(start: NonZeroUsize, most: NonZeroUsize) -> Self {
        Self {
            limit: start.get().min(most.get()),
            most: most.get(),
            before: None,
            rest: 0,
            look: Look::at(Duration::ZERO),
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// A call ended at `now`, while so many ran, it among them.
    pub(super) fn finished(&mut self, now: Duration, running: usize, signal: Signal) {
        self.look.finished += 1;
        self.look.full |= running >= self.limit;
        match signal {
            Signal::Fewer(_) => self.shrink(now),
            Signal::Fine if self.look.finished >= self.enough() => self.decide(now),
            Signal::Fine => {}
        }
    }

    fn enough(&self) -> usize {
        (self.limit * LOOK_PER_SLOT).max(LOOK_AT_LEAST)
    }

    /// Halves, but once for all the calls that were under way together.
    fn shrink(&mut self, now: Duration) {
        let just_shrunk = self.rest == REST && self.look.finished <= self.limit * 2;
        if !just_shrunk {
            self.limit = (self.limit / 2).max(1);
            self.look = Look::at(now);
        }
        self.before = None;
        self.rest = REST;
    }

    fn decide(&mut self, now: Duration) {
        let rate = self.look.rate(now);
        let full = self.look.full;
        self.look = Look::at(now);
        if let Some((limit, before)) = self.before.take()
            && rate < before * GAIN
        {
            self.limit = limit;
            self.rest = REST;
        } else if self.rest > 0 {
            self.rest -= 1;
        } else if full && self.limit < self.most {
            self.before = Some((self.limit, rate));
            self.limit = (self.limit + (self.limit / 2).max(1)).min(self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(size: usize) -> NonZeroUsize {
        NonZeroUsize::new(size).expect("not zero")
    }

    /// A server that works on `slots` calls at once, each for 10 ms: the limit after so many
    /// rounds of calls.
    fn after(climb: &mut Climb, slots: usize, rounds: usize) -> usize {
        let mut now = climb.look.start;
        for _ in 0..rounds {
            let running = climb.limit();
            for _ in 0..running {
                now += Duration::from_millis(10) / u32::try_from(running.min(slots)).expect("few");
                climb.finished(now, running, Signal::Fine);
            }
        }
        climb.limit()
    }

    #[test]
    fn it_climbs_to_what_the_server_can_and_stays_there() {
        let mut climb = Climb::new(size(1), size(1000));
        let found = after(&mut climb, 32, 500);
        assert!((22..=48).contains(&found), "{found}");
        let later = after(&mut climb, 32, 500);
        assert!((22..=48).contains(&later), "{later}");
    }

    #[test]
    fn it_never_climbs_above_the_most() {
        let mut climb = Climb::new(size(4), size(10));
        assert_eq!(after(&mut climb, 1000, 500), 10);
        assert_eq!(Climb::new(size(99), size(10)).limit(), 10);
    }

    #[test]
    fn a_burst_of_refusals_halves_once_and_a_lasting_one_again() {
        let mut climb = Climb::new(size(64), size(64));
        for _ in 0..64 {
            climb.finished(Duration::from_secs(1), 64, Signal::Fewer(None));
        }
        assert_eq!(climb.limit(), 32);
        for _ in 0..200 {
            climb.finished(Duration::from_secs(2), 32, Signal::Fewer(None));
        }
        assert!(climb.limit() <= 16, "{}", climb.limit());
        for _ in 0..10_000 {
            climb.finished(Duration::from_secs(3), 1, Signal::Fewer(None));
        }
        assert_eq!(climb.limit(), 1, "one call is always tried");
    }

    #[test]
    fn a_source_that_is_slower_than_the_server_leaves_the_limit() {
        let mut climb = Climb::new(size(8), size(64));
        for call in 0..1000 {
            climb.finished(Duration::from_millis(call * 10), 3, Signal::Fine);
        }
        assert_eq!(climb.limit(), 8);
    }
}
