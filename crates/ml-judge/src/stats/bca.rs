//! From what resamples gave to an interval.

use super::proportion::{count, ratio};
use super::{Confidence, Interval, normal};

/// The bias-corrected and accelerated interval of sorted replicates, with the jackknife values of
/// the sample; the percentile interval where the correction is not defined, as for a jackknife
/// without spread.
///
/// Efron 1987, "Better bootstrap confidence intervals"; ties count half, as in scipy.
pub(super) fn interval(
    sorted: &[f64],
    estimate: f64,
    jackknife: &[f64],
    confidence: Confidence,
) -> Interval {
    let tail = confidence.tail();
    let shares = corrected(sorted, estimate, jackknife, tail);
    let [low, high] = shares.unwrap_or([tail, 1.0 - tail]);
    Interval {
        low: quantile(sorted, low),
        high: quantile(sorted, high),
    }
}

/// The shares of replicates below the two ends.
fn corrected(sorted: &[f64], estimate: f64, jackknife: &[f64], tail: f64) -> Option<[f64; 2]> {
    let below = sorted.partition_point(|value| *value < estimate);
    let up_to = sorted.partition_point(|value| *value <= estimate);
    let bias = normal::quantile(ratio(below + up_to, 2 * sorted.len()));
    let acceleration = acceleration(jackknife);
    let share = |tail: f64| {
        let z = bias + normal::quantile(tail);
        normal::cumulative(bias + z / (1.0 - acceleration * z))
    };
    let shares = [share(tail), share(1.0 - tail)];
    shares
        .iter()
        .all(|share| share.is_finite())
        .then_some(shares)
}

/// A sixth of the skewness of the jackknife's influence values; not a number where they are equal.
fn acceleration(jackknife: &[f64]) -> f64 {
    let mean = jackknife.iter().sum::<f64>() / count(jackknife.len());
    let (mut squares, mut cubes) = (0.0, 0.0);
    for value in jackknife {
        let influence = mean - value;
        squares += influence * influence;
        cubes += influence * influence * influence;
    }
    cubes / (6.0 * squares * f64::sqrt(squares))
}

/// The value with this share of sorted values below it, interpolated linearly (type 7 of Hyndman
/// and Fan 1996).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = (share * count(last)).clamp(0.0, count(last));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is from 0 to the last index"
    )]
    let below = place as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    low + (high - low) * (place - count(below))
}
