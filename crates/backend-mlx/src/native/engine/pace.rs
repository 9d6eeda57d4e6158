//! How much of a prefill is done before others get their turn.

use std::time::Duration;

/// What a slice aims at. A prompt holds up the answers beside it, and its own cancellation, for
/// no longer than 250 ms; the difference is room for what a measurement cannot foresee.
const AIM: Duration = Duration::from_millis(150);

/// Most tokens that go through the network together: more are hardly faster, and need memory.
pub(crate) const MOST_ROWS: usize = 512;

/// Tokens that go together while the speed is not known.
const FIRST_ROWS: usize = 8;

/// The measured speed of a model's prefill.
///
/// A slice is some rows (tokens) times some layers of the network: a model that is too slow for
/// all of its layers in one slice pauses between them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Pace {
    /// Seconds for one row in one layer; `None` before the first slice.
    seconds: Option<f64>,
}

impl Pace {
    /// How many of `left` tokens to take through the network together: as many as fit into a
    /// slice of one layer.
    pub(crate) fn rows(self, left: usize) -> usize {
        let fitting = self.units().unwrap_or(FIRST_ROWS);
        left.min(fitting.clamp(1, MOST_ROWS))
    }

    /// Through how many layers to take `rows` in one slice.
    pub(crate) fn layers(self, rows: usize) -> usize {
        self.units().map_or(1, |units| (units / rows.max(1)).max(1))
    }

    /// Learns from a slice: at once where it was slower than expected, by halves where faster.
    pub(crate) fn measured(&mut self, rows: usize, layers: usize, took: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "some hundred rows and layers")]
        let units = (rows * layers).max(1) as f64;
        let now = took.as_secs_f64() / units;
        self.seconds = Some(match self.seconds {
            Some(before) if now < before => f64::midpoint(before, now),
            _ => now,
        });
    }

    /// Rows times layers that fit into a slice.
    fn units(self) -> Option<usize> {
        let units = AIM.as_secs_f64() / self.seconds?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a time is not negative, and beyond the range the cast saturates"
        )]
        Some(units as usize)
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
                let layers = pace.layers(rows).min(todo);
                let took = row * u32::try_from(rows * layers).unwrap();
                pace.measured(rows, layers, took);
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
    fn a_row_too_slow_for_a_slice_is_still_done_layer_by_layer() {
        let mut pace = Pace::default();
        pace.measured(8, 1, Duration::from_secs(8));
        assert_eq!((pace.rows(100), pace.layers(1)), (1, 1));
    }

    #[test]
    fn a_machine_that_slows_down_is_believed_at_once() {
        let mut pace = Pace::default();
        pace.measured(10, 1, Duration::from_millis(10));
        assert_eq!(pace.rows(1000), 150);
        pace.measured(10, 1, Duration::from_millis(100));
        assert_eq!(pace.rows(1000), 15);
        pace.measured(10, 1, Duration::from_millis(20));
        assert_eq!(pace.rows(1000), 25);
    }
}
