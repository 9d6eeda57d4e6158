//! Two runs on the same items, each with a number.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::proportion::count;
use super::{Random, StatsError, normal};

/// The paired permutation test of whether two runs have the same mean: under that hypothesis the
/// sign of each pair's difference is as likely to be the other.
///
/// Items must be independent: of several answers to one prompt, compare the means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Permutation {
    /// How many random assignments of signs are tried where all are too many; 9,999 unless set.
    pub resamples: NonZeroU32,
    /// Seed of the assignments.
    pub seed: u64,
}

/// What a permutation test found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PermutationTest {
    /// The mean of the second less the first.
    pub difference: f64,
    /// The two-sided p-value.
    pub p: f64,
    /// How it was found.
    pub method: Resampling,
}

/// Which assignments of signs were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resampling {
    /// Every one: the p-value is exact.
    Exact,
    /// Random ones. The p-value is (b + 1) / (m + 1) with b of m as extreme, and never 0 (Phipson
    /// and Smyth 2010, "Permutation p-values should never be zero").
    MonteCarlo,
    /// None: the sum over very many pairs is normal with the sum of the squares as its variance.
    Normal,
}

/// Up to this many differing pairs, every assignment is tried: 65,536 of them.
const EXACT_UP_TO: usize = 16;

/// From this many differing pairs on, the normal distribution takes the place of resampling.
const NORMAL_FROM: usize = 5_000;

impl Default for Permutation {
    fn default() -> Self {
        Self {
            resamples: NonZeroU32::new(9_999).expect("it is not zero"),
            seed: 0,
        }
    }
}

impl Permutation {
    /// Tests pairs of numbers.
    ///
    /// # Errors
    /// There are no pairs, the lists differ in length, or a value is not finite.
    pub fn test(&self, first: &[f64], second: &[f64]) -> Result<PermutationTest, StatsError> {
        StatsError::paired(first.len(), second.len())?;
        StatsError::at_least(1, first.len())?;
        StatsError::finite(first)?;
        StatsError::finite(second)?;
        let pairs = first.iter().zip(second);
        let mut differences: Vec<f64> = pairs.map(|(first, second)| second - first).collect();
        let difference = differences.iter().sum::<f64>() / count(differences.len());
        StatsError::finite(&[difference])?;
        // Zeros have no sign.
        differences.retain(|difference| *difference != 0.0);
        let (p, method) = self.p(&differences);
        Ok(PermutationTest {
            difference,
            p,
            method,
        })
    }

    fn p(&self, differences: &[f64]) -> (f64, Resampling) {
        let as_extreme = AsExtreme::as_the_sum_of(differences);
        if differences.len() <= EXACT_UP_TO {
            let all = 1_u32 << differences.len();
            let extreme = (0..all).filter(|signs| as_extreme.is(differences, |_| (*signs).into()));
            return (count(extreme.count()) / f64::from(all), Resampling::Exact);
        }
        if differences.len() >= NORMAL_FROM {
            let squares: f64 = differences.iter().map(|value| value * value).sum();
            let p = 2.0 * normal::cumulative(-as_extreme.sum / squares.sqrt());
            return (p.min(1.0), Resampling::Normal);
        }
        let mut random = Random::seeded(self.seed);
        let resamples = 0..self.resamples.get();
        let extreme = resamples.filter(|_| as_extreme.is(differences, |_| random.bits()));
        let p = (count(extreme.count()) + 1.0) / (f64::from(self.resamples.get()) + 1.0);
        (p, Resampling::MonteCarlo)
    }
}

/// Whether signs make a sum at least as far from zero as the sample's own.
struct AsExtreme {
    sum: f64,
    /// The sum less what rounding may take from an equal one.
    least: f64,
}

impl AsExtreme {
    fn as_the_sum_of(differences: &[f64]) -> Self {
        let sum = differences.iter().sum::<f64>().abs();
        let size: f64 = differences.iter().map(|value| value.abs()).sum();
        let least = sum - 1e-14 * size;
        Self { sum, least }
    }

    /// `signs` yields a bit for each of 64 differences.
    fn is(&self, differences: &[f64], mut signs: impl FnMut(usize) -> u64) -> bool {
        let mut sum = 0.0;
        for (at, chunk) in differences.chunks(64).enumerate() {
            let mut signs = signs(at);
            for difference in chunk {
                sum += if signs & 1 == 0 {
                    *difference
                } else {
                    -difference
                };
                signs >>= 1;
            }
        }
        sum.abs() >= self.least
    }
}
