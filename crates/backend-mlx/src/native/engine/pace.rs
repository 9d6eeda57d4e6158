//! How much of a prefill is done before others get their turn.

use std::time::Duration;

/// What a slice aims at. A prompt holds up the answers beside it, and its own cancellation, for
/// no longer than 250 ms; the difference is room for what a measurement cannot foresee.
pub(crate) const SLICE: Duration = Duration::from_millis(150);

/// Most tokens that go through the network together: more are hardly faster, and need memory.
pub(crate) const MOST_ROWS: usize = 512;

/// Tokens that go together while the speed is not known.
const FIRST_ROWS: usize = 8;

/// The measured speed of a model's prefill.
///
/// A slice is some rows (tokens) times some layers of the network: a model that is too slow for
/// all of its layers in one slice pauses between them. Logits, which only the last token of a
/// prompt needs, cost a multiple of a layer and are measured apart.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Pace {
    row: Speed,
    logits: Speed,
}

/// Seconds for one of something; `None` before the first measurement.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Speed(Option<f64>);

impl Pace {
    /// How many of `left` tokens to take through the network together: as many as fit into a
    /// slice of one layer.
    pub(crate) fn rows(self, left: usize) -> usize {
        let fitting = self.row.fitting(SLICE).unwrap_or(FIRST_ROWS);
        left.min(fitting.clamp(1, MOST_ROWS))
    }

    /// Of how many prompts the logits fit into a slice, at least one.
    pub(crate) fn logits(self) -> usize {
        self.logits.fitting(SLICE).unwrap_or(1).max(1)
    }

    /// Through how many layers to take `rows` in this time; may be none.
    pub(crate) fn layers(self, rows: usize, time: Duration) -> usize {
        let rows = rows.max(1);
        self.row.fitting(time).map_or(1, |units| units / rows)
    }

    /// Whether there is time for the logits of so many prompts.
    pub(crate) fn has_time(self, logits: usize, time: Duration) -> bool {
        self.logits
            .fitting(time)
            .is_some_and(|fitting| fitting >= logits)
    }

    /// Learns how long rows took in layers.
    pub(crate) fn rows_took(&mut self, rows: usize, layers: usize, took: Duration) {
        self.row.measured(rows * layers, took);
    }

    /// Learns how long the logits of so many prompts took.
    pub(crate) fn logits_took(&mut self, logits: usize, took: Duration) {
        self.logits.measured(logits, took);
    }
}

impl Speed {
    /// At once where it was slower than expected, by halves where faster.
    fn measured(&mut self, count: usize, took: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "some hundred rows and layers")]
        let now = took.as_secs_f64() / count.max(1) as f64;
        self.0 = Some(match self.0 {
            Some(before) if now < before => f64::midpoint(before, now),
            _ => now,
        });
    }

    /// How many fit into a time.
    fn fitting(self, time: Duration) -> Option<usize> {
        let count = time.as_secs_f64() / self.0?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a time is not negative, and beyond the range the cast saturates"
        )]
        Some(count as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYERS: usize = 30;

    /// Prefills a prompt on a machine that needs so many seconds for a row in a layer; the
    /// longest slice, and how many there were.
    fn prefill(tokens: usize, seconds: f64) -> (Duration, usize) {
        let (mut pace, mut longest, mut slices) = (Pace::default(), Duration::ZERO, 0);
        let row = Duration::from_secs_f64(seconds);
        let mut left = tokens;
        while left > 0 {
            let rows = pace.rows(left);
            let mut todo = LAYERS;
            while todo > 0 {
                let layers = pace.layers(rows, SLICE).clamp(1, todo);
                let took = row * u32::try_from(rows * layers).unwrap();
                pace.rows_took(rows, layers, took);
                longest = longest.max(took);
                slices += 1;
                todo -= layers;
            }
            left -= rows;
        }
        (longest, slices)
    }

    #[test]
    fn no_slice_is_longer_than_it_may_be_at_any_speed() {
        for seconds in [1e-6, 1e-5, 1e-4, 1e-3, 5e-3, 2e-2] {
            let (longest, _) = prefill(3000, seconds);
            let most = Duration::from_millis(250);
            assert!(longest <= most, "{seconds} s: {longest:?}");
        }
    }

    #[test]
    fn a_fast_machine_takes_long_prompts_in_few_slices() {
        let (_, slices) = prefill(3000, 1e-6);
        assert!(slices < 60, "{slices}");
    }

    #[test]
    fn a_row_too_slow_for_a_slice_is_still_done_alone() {
        let mut pace = Pace::default();
        pace.rows_took(8, 1, Duration::from_secs(8));
        assert_eq!((pace.rows(100), pace.layers(1, SLICE)), (1, 0));
    }

    #[test]
    fn a_machine_that_slows_down_is_believed_at_once() {
        let mut pace = Pace::default();
        pace.rows_took(10, 1, Duration::from_millis(10));
        assert_eq!(pace.rows(1000), 150);
        pace.rows_took(10, 1, Duration::from_millis(100));
        assert_eq!(pace.rows(1000), 15);
        pace.rows_took(10, 1, Duration::from_millis(20));
        assert_eq!(pace.rows(1000), 25);
    }

    #[test]
    fn logits_are_as_many_as_fit_into_a_slice() {
        let mut pace = Pace::default();
        assert_eq!(pace.logits(), 1);
        pace.logits_took(1, Duration::from_millis(30));
        assert_eq!(pace.logits(), 5);
        assert!(pace.has_time(2, Duration::from_millis(70)));
        assert!(!pace.has_time(3, Duration::from_millis(70)));
        pace.logits_took(1, Duration::from_secs(1));
        assert_eq!(pace.logits(), 1);
    }
}
