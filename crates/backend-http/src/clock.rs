//! The times of one call, and the metrics they make.

use std::time::{Duration, Instant};

use inference_core::{Metrics, Usage};
use openai_wire::Timings;

/// When a call began, when the request was sent that is answered, and when the answer began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    call: Instant,
    sent: Instant,
    first_token: Option<Instant>,
}

impl Clock {
    /// A call that began at `call`, whose request is sent now.
    pub(crate) fn new(call: Instant) -> Self {
        Self {
            call,
            sent: Instant::now(),
            first_token: None,
        }
    }

    /// Notes that there is a token; only the first counts.
    pub(crate) fn token(&mut self) {
        self.first_token.get_or_insert_with(Instant::now);
    }

    pub(crate) fn has_token(&self) -> bool {
        self.first_token.is_some()
    }

    /// The metrics of an answer that ends now. The server's own clock is preferred: it knows
    /// nothing of the network.
    pub(crate) fn metrics(&self, usage: &Usage, timings: Option<&Timings>) -> Metrics {
        let now = Instant::now();
        let first = self.first_token.unwrap_or(now);
        let total = now - self.call;
        let Some(timings) = timings else {
            return Metrics::new(usage, first - self.sent, now - first, total);
        };
        let prefill = milliseconds(timings.prompt_ms);
        let decode = milliseconds(timings.predicted_ms);
        let mut metrics = Metrics::new(usage, prefill, decode, total);
        let rate = |tokens: u64, rate: f64| (tokens > 0 && rate.is_finite()).then_some(rate);
        metrics.prefill_tokens_per_second = rate(timings.prompt_n, timings.prompt_per_second);
        metrics.decode_tokens_per_second = rate(timings.predicted_n, timings.predicted_per_second);
        metrics
    }
}

fn milliseconds(time: f64) -> Duration {
    Duration::try_from_secs_f64(time / 1e3).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_clock_is_preferred() {
        let timings = Timings {
            prompt_n: 10,
            prompt_ms: 50.0,
            prompt_per_second: 200.0,
            predicted_n: 4,
            predicted_ms: 100.0,
            predicted_per_second: 40.0,
            ..Timings::default()
        };
        let mut clock = Clock::new(Instant::now());
        clock.token();
        let metrics = clock.metrics(&Usage::new(10, 4), Some(&timings));
        assert_eq!(metrics.prefill, Duration::from_millis(50));
        assert_eq!(metrics.decode_tokens_per_second, Some(40.0));
        let own = clock.metrics(&Usage::new(10, 4), None);
        assert!(own.prefill <= own.total && own.decode <= own.total);
    }

    #[test]
    fn nonsense_times_are_no_time() {
        let timings = Timings {
            prompt_ms: -1.0,
            predicted_ms: f64::NAN,
            predicted_n: 1,
            predicted_per_second: f64::INFINITY,
            ..Timings::default()
        };
        let metrics = Clock::new(Instant::now()).metrics(&Usage::default(), Some(&timings));
        assert_eq!(
            (metrics.prefill, metrics.decode),
            (Duration::ZERO, Duration::ZERO)
        );
        assert_eq!(metrics.decode_tokens_per_second, None);
    }
}
