//! How far numbers are from those they should be.

use super::{Bootstrap, Estimate, StatsError};

/// The mean absolute difference of pairs, with its bootstrap interval.
///
/// # Errors
/// There are no pairs, the lists differ in length, or a value is not finite.
pub fn mean_absolute_error(
    expected: &[f64],
    found: &[f64],
    bootstrap: &Bootstrap,
) -> Result<Estimate, StatsError> {
    StatsError::paired(expected.len(), found.len())?;
    let pairs = expected.iter().zip(found);
    let errors: Vec<f64> = pairs
        .map(|(expected, found)| (found - expected).abs())
        .collect();
    bootstrap.mean(&errors)
}
