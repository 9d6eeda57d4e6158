//! Two runs on the same items, each right or wrong.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, Discrete as _, DiscreteCDF as _};

use super::{Confidence, Estimate, Interval, StatsError};

/// `McNemar`'s test of whether two runs on the same items have the same share of successes.
///
/// Only items on which they differ count. Two-sided. The mid-p value is the one to judge by: it
/// keeps its level nearly always and finds more than the exact one, which is conservative
/// (Fagerland, Lydersen and Laake 2013, "The `McNemar` test for binary matched-pairs data").
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct McNemar {
    /// Items on which only the first run succeeded.
    pub only_first: u64,
    /// Items on which only the second run succeeded.
    pub only_second: u64,
    /// The exact conditional p-value.
    pub exact_p: f64,
    /// The mid-p value: splits as extreme as this one count half.
    pub mid_p: f64,
}

impl McNemar {
    /// The test of pairs of outcomes, the first run's and the second's.
    ///
    /// # Errors
    /// There are no pairs.
    pub fn of(pairs: impl IntoIterator<Item = (bool, bool)>) -> Result<Self, StatsError> {
        let (mut only_first, mut only_second, mut any) = (0, 0, false);
        for (first, second) in pairs {
            any = true;
            only_first += u64::from(first && !second);
            only_second += u64::from(second && !first);
        }
        StatsError::at_least(1, usize::from(any))?;
        Ok(Self::of_counts(only_first, only_second))
    }

    /// The test of how many items only the first and only the second run succeeded on. Without
    /// any, both p-values are 1.
    pub fn of_counts(only_first: u64, only_second: u64) -> Self {
        let (exact_p, mid_p) = p_values(only_first, only_second);
        Self {
            only_first,
            only_second,
            exact_p,
            mid_p,
        }
    }

    /// The second run's share of successes among `n` items less the first's. The interval is
    /// Wald's after half an item was added to each cell of the table, which is close to its level
    /// also for few items (Agresti and Min 2005, "Simple improved confidence intervals for
    /// comparing matched proportions", section 3).
    ///
    /// # Errors
    /// There are no items, or fewer than those on which the runs differ.
    pub fn difference(&self, n: usize, confidence: Confidence) -> Result<Estimate, StatsError> {
        let differing = self.only_first.saturating_add(self.only_second);
        let differing = usize::try_from(differing).unwrap_or(usize::MAX);
        StatsError::at_least(differing.max(1), n)?;
        #[expect(clippy::cast_precision_loss, reason = "no sample has 2^53 items")]
        let shift = self.only_second as f64 - self.only_first as f64;
        let all = super::proportion::count(n) + 2.0;
        let spread = super::proportion::count(differing) + 1.0 - shift * shift / all;
        let (centre, half) = (shift / all, confidence.z() * spread.sqrt() / all);
        Ok(Estimate {
            value: shift / super::proportion::count(n),
            interval: Some(Interval {
                low: (centre - half).max(-1.0),
                high: (centre + half).min(1.0),
            }),
            n,
        })
    }
}

fn p_values(first: u64, second: u64) -> (f64, f64) {
    let differing = first.saturating_add(second);
    if differing == 0 {
        return (1.0, 1.0);
    }
    let binomial = Binomial::new(0.5, differing).expect("one half is a probability");
    let smaller = first.min(second);
    let (cumulative, just) = (binomial.cdf(smaller), binomial.pmf(smaller));
    if first == second {
        // Nothing is less extreme than the middle, and it is one split, not two.
        return (1.0, 1.0 - just / 2.0);
    }
    let exact = (2.0 * cumulative).min(1.0);
    (exact, (exact - just).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_has_an_interval_also_where_nothing_differs() {
        let interval_of = |first, second, n| {
            let test = McNemar::of_counts(first, second);
            test.difference(n, Confidence::default())
        };
        let same = interval_of(0, 0, 98).expect("there are items");
        let half = 1.959_964 / 100.0;
        let interval = same.interval.expect("an interval");
        assert!((interval.high - half).abs() < 1e-6 && (interval.low + half).abs() < 1e-6);
        let all = interval_of(0, 5, 5).expect("there are items");
        let high = all.interval.expect("an interval").high;
        assert_eq!((all.value, high), (1.0, 1.0));
        assert!(interval_of(3, 3, 5).is_err());
        assert!(interval_of(0, 0, 0).is_err());
    }
}
