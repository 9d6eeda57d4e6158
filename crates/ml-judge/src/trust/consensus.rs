//! One label of several raters.

use serde::{Deserialize, Serialize};

use crate::stats::Level;

/// How the labels of several raters become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consensus {
    /// The label of more raters than any other; none where two labels have as many.
    Majority,
    /// The middle label; of an even number the lower of the two in the middle, which is a label of
    /// the scale.
    Median,
    /// The mean of the labels.
    Mean,
}

impl Consensus {
    /// The one that fits a scale: majority of names, median of ranks, mean of numbers.
    pub fn of_level(level: Level) -> Self {
        match level {
            Level::Nominal => Self::Majority,
            Level::Ordinal => Self::Median,
            Level::Interval => Self::Mean,
        }
    }

    /// The label of them all; none of none.
    pub fn of(self, labels: &[f64]) -> Option<f64> {
        let mut sorted = labels.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        match self {
            Self::Majority => majority(&sorted),
            Self::Median => sorted.get(sorted.len().checked_sub(1)? / 2).copied(),
            Self::Mean => {
                #[expect(clippy::cast_precision_loss, reason = "there are few raters")]
                let raters = sorted.len() as f64;
                (!sorted.is_empty()).then(|| sorted.iter().sum::<f64>() / raters)
            }
        }
    }
}

fn majority(sorted: &[f64]) -> Option<f64> {
    let groups = || sorted.chunk_by(|a, b| equal(*a, *b));
    let most = groups().map(<[f64]>::len).max()?;
    let mut winners = groups().filter(|group| group.len() == most);
    let winner = winners.next()?[0];
    winners.next().is_none().then_some(winner)
}

/// Whether two labels are the same one.
#[expect(
    clippy::float_cmp,
    reason = "labels are not computed: equal ones are equal to the last bit"
)]
pub(super) fn equal(first: f64, second: f64) -> bool {
    first == second
}
