//! Two runs on the same items, each right or wrong.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, Discrete as _, DiscreteCDF as _};

use super::StatsError;

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
