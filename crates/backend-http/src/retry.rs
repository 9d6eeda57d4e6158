//! Whether and when a failed request is sent again.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use inference_core::{Error, ErrorKind, Retry};

use crate::HttpConfig;

/// The first wait; each further one is about twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// A server that asks for more is not waited for: the caller is told.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(1);

/// The retries of one call.
pub(crate) struct Retries {
    backoff: ExponentialBackoff,
    loading: ExponentialBackoff,
    patience: Duration,
    /// When the server was first found loading.
    loading_since: Option<Instant>,
}

impl Retries {
    pub(crate) fn new(config: &HttpConfig) -> Self {
        let waits = ExponentialBuilder::default()
            .with_min_delay(FIRST_WAIT)
            .with_max_delay(LONGEST_WAIT)
            .with_jitter();
        Self {
            backoff: waits.with_max_times(config.max_retries as usize).build(),
            loading: waits
                .with_max_delay(Duration::from_secs(1))
                .without_max_times()
                .build(),
            patience: config.loading_patience,
            loading_since: None,
        }
    }

    /// How long to wait before the request is sent again; `None` gives the error to the caller.
    pub(crate) fn wait(&mut self, error: &Error, now: Instant) -> Option<Duration> {
        match error.retry() {
            // What the server never finished may have been its last request.
            _ if error.kind() == ErrorKind::Timeout => None,
            Retry::Backoff => self.backoff.next(),
            Retry::After(asked) if asked <= LONGEST_RETRY_AFTER => {
                Some(self.backoff.next()?.max(asked))
            }
            Retry::WhenLoaded => {
                let since = *self.loading_since.get_or_insert(now);
                let left = self.patience.checked_sub(now - since)?;
                Some(self.loading.next()?.min(left)).filter(|wait| !wait.is_zero())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(retry: Retry) -> Error {
        Error::new(ErrorKind::Unavailable, "no").with_retry(retry)
    }

    #[test]
    fn waits_grow_and_end() {
        let mut retries = Retries::new(&HttpConfig::new("http://h").max_retries(3));
        let now = Instant::now();
        let waits: Vec<_> = (0..4)
            .map(|_| retries.wait(&error(Retry::Backoff), now))
            .collect();
        assert!(waits[0].expect("a wait") >= FIRST_WAIT);
        assert!(waits[2].expect("a wait") > waits[0].expect("a wait"));
        assert_eq!(waits[3], None);
    }

    #[test]
    fn the_servers_own_wait_is_kept_unless_it_is_too_long() {
        let mut retries = Retries::new(&HttpConfig::new("http://h"));
        let now = Instant::now();
        let asked = Duration::from_secs(30);
        assert_eq!(retries.wait(&error(Retry::After(asked)), now), Some(asked));
        let hour = Duration::from_hours(1);
        assert_eq!(retries.wait(&error(Retry::After(hour)), now), None);
    }

    #[test]
    fn loading_has_its_own_patience() {
        let patience = Duration::from_secs(30);
        let config = HttpConfig::new("http://h")
            .max_retries(0)
            .loading_patience(patience);
        let mut retries = Retries::new(&config);
        let start = Instant::now();
        let loading = error(Retry::WhenLoaded);
        for second in 0..30 {
            let now = start + Duration::from_secs(second);
            let wait = retries.wait(&loading, now).expect("patience");
            assert!(wait <= Duration::from_secs(2), "{wait:?}");
        }
        assert_eq!(retries.wait(&loading, start + patience), None);
        assert_eq!(retries.wait(&error(Retry::Backoff), start), None);
    }

    #[test]
    fn a_time_out_is_never_retried() {
        let mut retries = Retries::new(&HttpConfig::new("http://h"));
        let late = Error::new(ErrorKind::Timeout, "late").with_retry(Retry::Backoff);
        assert_eq!(retries.wait(&late, Instant::now()), None);
        let wrong = Error::new(ErrorKind::InvalidRequest, "wrong");
        assert_eq!(retries.wait(&wrong, Instant::now()), None);
    }
}
