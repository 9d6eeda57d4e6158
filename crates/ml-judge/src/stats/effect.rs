//! How large a difference is, apart from how sure.

use super::proportion::count;
use super::{Estimate, StatsError};

/// Cohen's d for pairs (`d_z`): the mean difference, second less first, in standard deviations of
/// the differences.
///
/// Cohen 1988, "Statistical power analysis for the behavioral sciences", section 2.3.5.
///
/// # Errors
/// There are fewer than two pairs, the lists differ in length, a value is not finite, or all
/// differences are equal.
pub fn cohens_d_paired(first: &[f64], second: &[f64]) -> Result<f64, StatsError> {
    StatsError::paired(first.len(), second.len())?;
    StatsError::at_least(2, first.len())?;
    StatsError::finite(first)?;
    StatsError::finite(second)?;
    let pairs = first.iter().zip(second);
    let differences: Vec<f64> = pairs.map(|(first, second)| second - first).collect();
    let n = count(differences.len());
    let mean = differences.iter().sum::<f64>() / n;
    let squares: f64 = differences.iter().map(|d| (d - mean) * (d - mean)).sum();
    let deviation = (squares / (n - 1.0)).sqrt();
    let d = mean / deviation;
    if deviation == 0.0 || !d.is_finite() {
        return Err(StatsError::Undefined {
            statistic: "Cohen's d",
            reason: "the differences do not vary",
        });
    }
    Ok(d)
}

/// Cohen's h of two proportions, second less first: the difference of their arcsines, which means
/// the same everywhere between 0 and 1. 0.2 is small, 0.5 medium, 0.8 large.
///
/// Cohen 1988, chapter 6.
///
/// # Errors
/// A proportion is not from 0 to 1.
pub fn cohens_h(first: f64, second: f64) -> Result<f64, StatsError> {
    StatsError::unit("the first proportion", first)?;
    StatsError::unit("the second proportion", second)?;
    let angle = |proportion: f64| 2.0 * proportion.sqrt().asin();
    Ok(angle(second) - angle(first))
}

/// Cliff's delta: how much likelier a value of the second list is the greater one of two than the
/// lesser one, from -1 to 1. It asks for an order only.
///
/// Cliff 1993, "Dominance statistics: ordinal analyses to answer ordinal questions".
///
/// # Errors
/// A list is empty, or a value is not finite.
pub fn cliffs_delta(first: &[f64], second: &[f64]) -> Result<f64, StatsError> {
    StatsError::at_least(1, first.len().min(second.len()))?;
    StatsError::finite(first)?;
    StatsError::finite(second)?;
    let mut sorted = first.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let dominance = |value: &f64| {
        let less = sorted.partition_point(|other| other < value);
        let greater = sorted.len() - sorted.partition_point(|other| other <= value);
        count(less) - count(greater)
    };
    let sum: f64 = second.iter().map(dominance).sum();
    Ok(sum / count(first.len()) / count(second.len()))
}

impl Estimate {
    /// Whether the interval leaves zero out, on either side.
    pub fn excludes_zero(&self) -> bool {
        self.interval
            .is_some_and(|interval| !interval.contains(0.0))
    }
}
