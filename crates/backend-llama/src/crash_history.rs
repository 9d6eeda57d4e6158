//! Breaks the loop of a server that crashes after every restart.

use std::time::Instant;

use crate::config::CrashLimit;
use crate::start_error::StartErrorKind;

/// The crashes of late.
#[derive(Debug, Default)]
pub(crate) struct CrashHistory {
    crashes: Vec<Instant>,
}

impl CrashHistory {
    pub(crate) fn record(&mut self, limit: &CrashLimit, crash: Instant) {
        self.crashes
            .retain(|&earlier| crash.saturating_duration_since(earlier) <= limit.window);
        self.crashes.push(crash);
    }

    /// Whether the server may be started now.
    ///
    /// # Errors
    /// [`StartErrorKind::CrashLoop`], which says how long to wait.
    pub(crate) fn check(&self, limit: &CrashLimit, now: Instant) -> Result<(), StartErrorKind> {
        let Some(&last) = self.crashes.last() else {
            return Ok(());
        };
        let rested = now.saturating_duration_since(last);
        let retry_after = limit.pause.saturating_sub(rested);
        if self.crashes.len() < limit.crashes.get() as usize || retry_after.is_zero() {
            return Ok(());
        }
        Err(StartErrorKind::CrashLoop {
            crashes: self.crashes.len(),
            window: limit.window,
            retry_after,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The history of a server that crashed at these seconds, by default 3 within 60 s is a loop.
    fn crashed(at: &[u64]) -> impl Fn(u64) -> Option<Duration> {
        let limit = CrashLimit::default();
        let start = Instant::now();
        let second = move |second| start + Duration::from_secs(second);
        let mut history = CrashHistory::default();
        for &crash in at {
            history.record(&limit, second(crash));
        }
        move |now| match history.check(&limit, second(now)) {
            Ok(()) => None,
            Err(StartErrorKind::CrashLoop { retry_after, .. }) => Some(retry_after),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn few_or_rare_crashes_delay_nothing() {
        assert_eq!(crashed(&[])(0), None);
        assert_eq!(crashed(&[1, 2])(2), None);
        assert_eq!(crashed(&[0, 61, 122, 183])(183), None);
    }

    #[test]
    fn a_loop_is_broken_for_a_while() {
        let wait = crashed(&[0, 10, 20]);
        assert_eq!(wait(20), Some(Duration::from_secs(30)));
        assert_eq!(wait(49), Some(Duration::from_secs(1)));
        assert_eq!(wait(50), None);
    }

    #[test]
    fn after_the_pause_one_more_crash_is_enough() {
        assert_eq!(crashed(&[0, 10, 20, 51])(51), Some(Duration::from_secs(30)));
        assert_eq!(crashed(&[0, 10, 20, 90])(90), None);
    }
}
