//! Whether and when something is tried again.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use inference_core::Retry;

use super::HubError;

/// How often in a row something is tried again.
const MAX_RETRIES: usize = 4;
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The hub counts requests in windows of this length. Who asks for more is not waited for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(5);

/// The retries of one request.
pub(super) struct Retries {
    waits: ExponentialBuilder,
    left: ExponentialBackoff,
}

impl Retries {
    /// The first wait is about as long as this, each further one twice as long.
    pub(super) fn new(first_wait: Duration) -> Self {
        let waits = ExponentialBuilder::default()
            .with_min_delay(first_wait)
            .with_max_delay(LONGEST_WAIT)
            .with_max_times(MAX_RETRIES)
            .with_jitter();
        Self {
            waits,
            left: waits.build(),
        }
    }

    /// How long to wait before the next attempt; `None` gives the error to the caller.
    pub(super) fn wait(&mut self, error: &HubError) -> Option<Duration> {
        match error.retry() {
            Retry::Backoff => self.left.next(),
            Retry::After(asked) if asked <= LONGEST_RETRY_AFTER => {
                Some(self.left.next()?.max(asked))
            }
            _ => None,
        }
    }

    /// Counts anew, since there was progress.
    pub(super) fn reset(&mut self) {
        self.left = self.waits.build();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unavailable(after: Option<u64>) -> HubError {
        HubError::Unavailable {
            host: "hub".into(),
            status: 503,
            after: after.map(Duration::from_secs),
        }
    }

    #[test]
    fn waits_grow_and_end_unless_there_is_progress() {
        let first = Duration::from_secs(1);
        let mut retries = Retries::new(first);
        let waits: Vec<_> = (0..5).map(|_| retries.wait(&unavailable(None))).collect();
        assert!(waits[0].expect("a wait") >= first);
        assert!(waits[3].expect("a wait") > waits[1].expect("a wait"));
        assert_eq!(waits[4], None);
        retries.reset();
        assert!(retries.wait(&unavailable(None)).is_some());
    }

    #[test]
    fn the_servers_own_wait_is_kept_unless_it_is_too_long() {
        let mut retries = Retries::new(Duration::from_secs(1));
        assert_eq!(
            retries.wait(&unavailable(Some(60))),
            Some(Duration::from_mins(1))
        );
        assert_eq!(retries.wait(&unavailable(Some(301))), None);
    }

    #[test]
    fn what_can_never_succeed_is_not_tried_again() {
        let mut retries = Retries::new(Duration::from_secs(1));
        assert_eq!(retries.wait(&HubError::Offline), None);
    }
}
