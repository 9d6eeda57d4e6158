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
/// prompt needs, cost as much as several layers and are measured apart.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    /// A layer of 1, of 2 and 3, of 4 to 7 rows and so on.
    layer: [Option<Measured>; MOST_ROWS.ilog2() as usize + 1],
    logits: Option<Measured>,
}

/// How long so many of something took.
#[derive(Debug, Clone, Copy)]
struct Measured {
    count: usize,
    seconds: f64,
}

impl Pace {
    /// How many of `left` tokens to take through the network together: as many as a layer of
    /// them surely fits into a slice.
    pub(crate) fn rows(&self, left: usize) -> usize {
        let mut rows = left.min(MOST_ROWS);
        loop {
            match self.layer(rows) {
                None => return rows.min(FIRST_ROWS),
                Some(seconds) if rows > 1 && seconds > SLICE.as_secs_f64() => rows /= 2,
                Some(_) => return rows,
            }
        }
    }

    /// Through how many layers to take `rows` in this time; may be none.
    pub(crate) fn layers(&self, rows: usize, time: Duration) -> usize {
        self.layer(rows).map_or(1, |seconds| fitting(seconds, time))
    }

    /// Of how many prompts the logits fit into a slice, at least one.
    pub(crate) fn logits(&self) -> usize {
        match self.logits {
            None => 1,
            // Fewer may take as long.
            Some(measured) if measured.seconds > SLICE.as_secs_f64() => (measured.count / 2).max(1),
            Some(measured) => fitting(measured.each(), SLICE),
        }
    }

    /// Whether there is time for the logits of so many prompts.
    pub(crate) fn has_time(&self, logits: usize, time: Duration) -> bool {
        self.logits
            .is_some_and(|measured| measured.at_most(logits) <= time.as_secs_f64())
    }

    /// Learns how long rows took in layers.
    pub(crate) fn rows_took(&mut self, rows: usize, layers: usize, took: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "some dozen layers")]
        let seconds = took.as_secs_f64() / layers.max(1) as f64;
        let place = rows.clamp(1, MOST_ROWS).ilog2() as usize;
        Measured::learn(&mut self.layer[place], rows, seconds);
    }

    /// Learns how long the logits of so many prompts took.
    pub(crate) fn logits_took(&mut self, logits: usize, took: Duration) {
        Measured::learn(&mut self.logits, logits, took.as_secs_f64());
    }

    /// The most seconds that a layer of so many rows takes, by all measurements.
    fn layer(&self, rows: usize) -> Option<f64> {
        let known = self.layer.iter().flatten();
        known
            .map(|measured| measured.at_most(rows))
            .min_by(f64::total_cmp)
    }
}

impl Measured {
    /// The most that `count` can take: fewer take no longer, and more not longer than each of
    /// them alone. What lies between is not even: weights that are unpacked for a layer cost the
    /// same for two rows and for a hundred.
    fn at_most(self, count: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "some hundred rows")]
        let all = self.each() * count as f64;
        all.max(self.seconds)
    }

    fn each(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "some hundred rows")]
        let count = self.count.max(1) as f64;
        self.seconds / count
    }

    /// At once where it was slower than expected, by halves where faster.
    fn learn(measured: &mut Option<Self>, count: usize, seconds: f64) {
        let seconds = match measured.map(|before| before.at_most(count)) {
            Some(before) if seconds < before => f64::midpoint(before, seconds),
            _ => seconds,
        };
        *measured = Some(Self { count, seconds });
    }
}

/// How many that take so many seconds each fit into a time.
fn fitting(seconds: f64, time: Duration) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a time is not negative, and beyond the range the cast saturates"
    )]
    let count = (time.as_secs_f64() / seconds) as usize;
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYERS: usize = 30;
    const MOST: Duration = Duration::from_millis(250);

    /// A machine on which a layer costs so many seconds, and so many more for each row.
    #[derive(Debug, Clone, Copy)]
    struct Machine {
        layer: f64,
        row: f64,
    }

    impl Machine {
        fn takes(self, rows: usize, layers: usize) -> Duration {
            let rows = u32::try_from(rows).unwrap();
            let layer = self.layer + self.row * f64::from(rows);
            Duration::from_secs_f64(layer) * u32::try_from(layers).unwrap()
        }

        /// Prefills a prompt; the longest slice, and how many there were.
        fn prefill(self, pace: &mut Pace, tokens: usize) -> (Duration, usize) {
            let (mut longest, mut slices, mut left) = (Duration::ZERO, 0, tokens);
            while left > 0 {
                let rows = pace.rows(left);
                let mut todo = LAYERS;
                while todo > 0 {
                    let layers = pace.layers(rows, SLICE).clamp(1, todo);
                    let took = self.takes(rows, layers);
                    pace.rows_took(rows, layers, took);
                    longest = longest.max(took);
                    slices += 1;
                    todo -= layers;
                }
                left -= rows;
            }
            (longest, slices)
        }
    }

    #[test]
    fn no_slice_is_longer_than_it_may_be_at_any_speed() {
        for layer in [0.0, 1e-4, 1e-2] {
            for row in [1e-6, 1e-5, 1e-4, 1e-3, 5e-3, 2e-2] {
                let machine = Machine { layer, row };
                let mut pace = Pace::default();
                for tokens in [3000, 2, 700, 1, 40] {
                    let (longest, _) = machine.prefill(&mut pace, tokens);
                    assert!(longest <= MOST, "{machine:?}, {tokens} tokens: {longest:?}");
                }
            }
        }
    }

    #[test]
    fn a_fast_machine_takes_long_prompts_in_few_slices() {
        let machine = Machine {
            layer: 1e-4,
            row: 1e-6,
        };
        let (_, slices) = machine.prefill(&mut Pace::default(), 3000);
        assert!(slices < 60, "{slices}");
    }

    #[test]
    fn weights_that_are_unpacked_for_many_rows_make_large_chunks() {
        let machine = Machine {
            layer: 7e-3,
            row: 1e-4,
        };
        let mut pace = Pace::default();
        machine.prefill(&mut pace, 600);
        assert_eq!(pace.rows(2000), MOST_ROWS);
        assert!(pace.layers(2, SLICE) < LAYERS);
    }

    #[test]
    fn a_row_too_slow_for_a_slice_is_still_done_alone() {
        let mut pace = Pace::default();
        pace.rows_took(8, 1, Duration::from_secs(8));
        pace.rows_took(1, 1, Duration::from_secs(1));
        assert_eq!((pace.rows(100), pace.layers(1, SLICE)), (1, 0));
    }

    #[test]
    fn a_machine_that_slows_down_is_believed_at_once() {
        let mut pace = Pace::default();
        pace.rows_took(16, 1, Duration::from_millis(10));
        assert_eq!(pace.layers(16, SLICE), 15);
        pace.rows_took(16, 1, Duration::from_millis(100));
        assert_eq!(pace.layers(16, SLICE), 1);
        pace.rows_took(16, 1, Duration::from_millis(20));
        assert_eq!(pace.layers(16, SLICE), 2);
    }

    #[test]
    fn logits_are_as_many_as_fit_into_a_slice() {
        let mut pace = Pace::default();
        assert_eq!(pace.logits(), 1);
        pace.logits_took(1, Duration::from_millis(30));
        assert_eq!(pace.logits(), 5);
        assert!(pace.has_time(2, Duration::from_millis(70)));
        assert!(!pace.has_time(3, Duration::from_millis(70)));
        // By halves: between the 240 ms that were expected and these.
        pace.logits_took(8, Duration::from_millis(40));
        assert_eq!(pace.logits(), 8);
        pace.logits_took(20, Duration::from_secs(1));
        assert_eq!(pace.logits(), 10);
    }
}
