//! Agreement of two raters beyond chance.

use serde::{Deserialize, Serialize};

use super::proportion::count;
use super::{Bootstrap, Estimate, StatsError};

/// How much a disagreement of two ordered categories counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weights {
    /// Every one the same: the categories have no order.
    #[default]
    None,
    /// By how many categories they are apart.
    Linear,
    /// By the square of that.
    Quadratic,
}

impl Weights {
    fn of(self, first: usize, second: usize) -> f64 {
        let apart = count(first.abs_diff(second));
        match self {
            Self::None => f64::from(u8::from(first != second)),
            Self::Linear => apart,
            Self::Quadratic => apart * apart,
        }
    }
}

/// The most categories that kappa is computed for.
const MOST_CATEGORIES: usize = 1_000;

/// Cohen's kappa of pairs of categories, each numbered from 0 in their order, with its bootstrap
/// interval.
///
/// Cohen 1960, "A coefficient of agreement for nominal scales", and 1968, "Weighted kappa".
///
/// # Errors
/// There are no pairs, a category is 1,000 or more, or both raters named one and the same category
/// throughout.
pub fn kappa(
    pairs: &[(usize, usize)],
    weights: Weights,
    bootstrap: &Bootstrap,
) -> Result<Estimate, StatsError> {
    StatsError::at_least(1, pairs.len())?;
    let highest = pairs.iter().map(|(a, b)| *a.max(b)).max().unwrap_or(0);
    if highest >= MOST_CATEGORIES {
        return Err(StatsError::OutOfRange {
            name: "a category",
            value: count(highest),
            range: "less than 1000",
        });
    }
    let mut table = Table::new(highest + 1, weights);
    table
        .kappa(pairs.iter().copied())
        .ok_or(StatsError::Undefined {
            statistic: "Cohen's kappa",
            reason: "both raters named the same category throughout",
        })?;
    bootstrap.statistic(pairs.len(), |drawn| {
        table.kappa(drawn.iter().map(|at| pairs[*at]))
    })
}

/// What a sample's kappa is computed in.
struct Table {
    weights: Weights,
    first: Vec<usize>,
    second: Vec<usize>,
}

impl Table {
    fn new(categories: usize, weights: Weights) -> Self {
        Self {
            weights,
            first: vec![0; categories],
            second: vec![0; categories],
        }
    }

    /// One less the observed disagreement over that of the same marginals by chance.
    fn kappa(&mut self, pairs: impl Iterator<Item = (usize, usize)>) -> Option<f64> {
        self.first.fill(0);
        self.second.fill(0);
        let (mut n, mut observed) = (0, 0.0);
        for (first, second) in pairs {
            self.first[first] += 1;
            self.second[second] += 1;
            observed += self.weights.of(first, second);
            n += 1;
        }
        let mut expected = 0.0;
        for (a, first) in self.first.iter().enumerate().filter(|(_, n)| **n > 0) {
            for (b, second) in self.second.iter().enumerate().filter(|(_, n)| **n > 0) {
                expected += self.weights.of(a, b) * count(*first) * count(*second);
            }
        }
        (expected > 0.0).then(|| 1.0 - observed * count(n) / expected)
    }
}
