//! The standard normal distribution.

use statrs::distribution::{Continuous as _, ContinuousCDF as _, Normal};

/// The probability of less than `x`.
pub(super) fn cumulative(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

/// Where the cumulative probability is `p`; infinite at 0 and 1.
///
/// One step of Newton's method mends the last digits of statrs's approximation.
pub(super) fn quantile(p: f64) -> f64 {
    let x = Normal::standard().inverse_cdf(p);
    let density = Normal::standard().pdf(x);
    if !x.is_finite() || density == 0.0 {
        return x;
    }
    x - (cumulative(x) - p) / density
}
