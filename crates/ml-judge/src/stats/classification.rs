//! Verdicts beside the right ones.

use serde::{Deserialize, Serialize};

use super::proportion::ratio;
use super::{Bootstrap, Confidence, Estimate, StatsError};

/// How many verdicts of yes and no were right and wrong.
///
/// Shares that are parts of a count have [`wilson`](super::wilson) intervals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// Yes, and rightly.
    pub true_positives: usize,
    /// Yes, and wrongly.
    pub false_positives: usize,
    /// No, and rightly.
    pub true_negatives: usize,
    /// No, and wrongly.
    pub false_negatives: usize,
}

impl Confusion {
    /// Counts pairs of the right verdict and the one that was found.
    pub fn of(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut confusion = Self::default();
        for pair in pairs {
            *match pair {
                (true, true) => &mut confusion.true_positives,
                (false, true) => &mut confusion.false_positives,
                (false, false) => &mut confusion.true_negatives,
                (true, false) => &mut confusion.false_negatives,
            } += 1;
        }
        confusion
    }

    /// The share of right verdicts.
    ///
    /// # Errors
    /// There are no verdicts.
    pub fn accuracy(&self, confidence: Confidence) -> Result<Estimate, StatsError> {
        let right = self.true_positives + self.true_negatives;
        let wrong = self.false_positives + self.false_negatives;
        Estimate::proportion(right, right + wrong, confidence)
    }

    /// The share of right ones among those that were found to be yes.
    ///
    /// # Errors
    /// None was found to be yes.
    pub fn precision(&self, confidence: Confidence) -> Result<Estimate, StatsError> {
        let found = self.true_positives + self.false_positives;
        Estimate::proportion(self.true_positives, found, confidence)
    }

    /// The share of those found among those that are yes.
    ///
    /// # Errors
    /// None is yes.
    pub fn recall(&self, confidence: Confidence) -> Result<Estimate, StatsError> {
        let positives = self.true_positives + self.false_negatives;
        Estimate::proportion(self.true_positives, positives, confidence)
    }

    /// The harmonic mean of precision and recall (van Rijsbergen 1979), with a bootstrap interval.
    ///
    /// # Errors
    /// No verdict is or was found to be yes.
    pub fn f1(&self, bootstrap: &Bootstrap) -> Result<Estimate, StatsError> {
        let kinds = [
            (self.true_positives, (true, true)),
            (self.false_positives, (false, true)),
            (self.true_negatives, (false, false)),
            (self.false_negatives, (true, false)),
        ];
        let of_kind = |(count, pair)| std::iter::repeat_n(pair, count);
        let pairs: Vec<_> = kinds.into_iter().flat_map(of_kind).collect();
        StatsError::at_least(1, pairs.len())?;
        self.f1_value().ok_or(StatsError::Undefined {
            statistic: "F1",
            reason: "nothing is positive, nor was found to be",
        })?;
        bootstrap.statistic(pairs.len(), |drawn| {
            Self::of(drawn.iter().map(|at| pairs[*at])).f1_value()
        })
    }

    fn f1_value(&self) -> Option<f64> {
        let wrong = self.false_positives + self.false_negatives;
        let all = 2 * self.true_positives + wrong;
        (all > 0).then(|| ratio(2 * self.true_positives, all))
    }
}
