//! The interval of a proportion.

use super::{Confidence, Estimate, Interval, StatsError};

/// The Wilson score interval of `successes` among `n`, without continuity correction: right also
/// for few items and for shares near 0 and 1, where the normal approximation is not.
///
/// Wilson 1927, "Probable inference, the law of succession, and statistical inference".
///
/// # Errors
/// There are no items, or more successes than items.
pub fn wilson(successes: usize, n: usize, confidence: Confidence) -> Result<Interval, StatsError> {
    StatsError::at_least(1, n)?;
    let share = ratio(successes, n);
    StatsError::unit("the share of successes", share)?;
    let (items, z) = (count(n), confidence.z());
    let square = z * z / items;
    let centre = (share + square / 2.0) / (1.0 + square);
    let half = z / (1.0 + square) * (share * (1.0 - share) / items + square / items / 4.0).sqrt();
    // At the ends the bound is the share itself, which rounding would miss.
    Ok(Interval {
        low: if successes == 0 {
            0.0
        } else {
            (centre - half).max(0.0)
        },
        high: if successes == n {
            1.0
        } else {
            (centre + half).min(1.0)
        },
    })
}

impl Estimate {
    /// The share of `successes` among `n` with its [`wilson`] interval.
    ///
    /// # Errors
    /// As of [`wilson`].
    pub fn proportion(
        successes: usize,
        n: usize,
        confidence: Confidence,
    ) -> Result<Self, StatsError> {
        Ok(Self {
            interval: Some(wilson(successes, n, confidence)?),
            value: ratio(successes, n),
            n,
        })
    }
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "no sample has 2^53 items")]
pub(super) fn count(n: usize) -> f64 {
    n as f64
}

pub(super) fn ratio(part: usize, whole: usize) -> f64 {
    count(part) / count(whole)
}
