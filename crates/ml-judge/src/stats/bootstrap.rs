//! Intervals by resampling.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::proportion::{count, ratio};
use super::{Confidence, Estimate, Interval, Random, StatsError, bca};

/// Bootstrap intervals: bias-corrected and accelerated (Efron 1987), of 9,999 resamples at 95 %
/// unless set otherwise.
///
/// A sample without spread gets an interval without width, which is too sure of itself: for
/// verdicts, take [`wilson`](super::wilson).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bootstrap {
    /// How often the sample is drawn anew.
    pub resamples: NonZeroUsize,
    /// How often the interval holds the true value.
    pub confidence: Confidence,
    /// Seed of the draws.
    pub seed: u64,
}

/// From this many independent items on a mean gets the interval of the normal distribution, which
/// then differs from the bootstrap's by less than the noise of resampling, at no cost.
const NORMAL_FROM: usize = 5_000;

/// The least share of resamples for which a statistic must be defined to have an interval.
const DEFINED: f64 = 0.95;

/// The mean difference of a paired sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PairedDifference {
    /// The mean of the second less the first.
    pub mean: Estimate,
    /// Twice the share of resamples on the other side of zero, at most 1, the sample itself
    /// counted as one of them (Efron and Tibshirani 1993, chapter 15; Davison and Hinkley 1997,
    /// section 4.2). None where there is no interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self {
            resamples: NonZeroUsize::new(9_999).expect("it is not zero"),
            confidence: Confidence::default(),
            seed: 0,
        }
    }
}

impl Bootstrap {
    /// The mean of independent values.
    ///
    /// # Errors
    /// There are none, or one is not finite.
    pub fn mean(&self, values: &[f64]) -> Result<Estimate, StatsError> {
        StatsError::finite(values)?;
        let clusters: Vec<_> = values
            .iter()
            .map(|value| Cluster {
                sum: *value,
                size: 1,
            })
            .collect();
        Ok(self.ratio(&clusters)?.0)
    }

    /// The mean of values that come in clusters, such as several answers to each prompt: whole
    /// clusters are drawn, as values of one are not independent.
    ///
    /// # Errors
    /// There are no values, or one is not finite.
    pub fn clustered_mean<K: Ord>(
        &self,
        values: impl IntoIterator<Item = (K, f64)>,
    ) -> Result<Estimate, StatsError> {
        let mut clusters: BTreeMap<K, Cluster> = BTreeMap::new();
        for (at, (key, value)) in values.into_iter().enumerate() {
            if !value.is_finite() {
                return Err(StatsError::NotFinite { at, value });
            }
            let cluster = clusters.entry(key).or_default();
            cluster.sum += value;
            cluster.size += 1;
        }
        let clusters: Vec<_> = clusters.into_values().collect();
        Ok(self.ratio(&clusters)?.0)
    }

    /// How much the second of each pair is greater than the first, in the mean.
    ///
    /// # Errors
    /// There are no pairs, the lists differ in length, or a value is not finite.
    pub fn paired_difference(
        &self,
        first: &[f64],
        second: &[f64],
    ) -> Result<PairedDifference, StatsError> {
        StatsError::paired(first.len(), second.len())?;
        StatsError::finite(first)?;
        StatsError::finite(second)?;
        let differences = first
            .iter()
            .zip(second)
            .map(|(first, second)| second - first);
        let clusters: Vec<_> = differences.map(|sum| Cluster { sum, size: 1 }).collect();
        let (mean, replicates) = self.ratio(&clusters)?;
        let p = mean.interval.map(|interval| match replicates {
            Some(sorted) => other_side(&sorted),
            None => self.normal_p(mean.value, interval),
        });
        Ok(PairedDifference { mean, p })
    }

    /// Any statistic of a sample of `items` independent items, given as the indices drawn.
    ///
    /// There is no interval where fewer than 95 % of the resamples have a value, or a jackknife
    /// sample has none; a value that is not finite is none.
    ///
    /// # Errors
    /// There are no items, or the sample itself has no value.
    pub fn statistic(
        &self,
        items: usize,
        mut statistic: impl FnMut(&[usize]) -> Option<f64>,
    ) -> Result<Estimate, StatsError> {
        StatsError::at_least(1, items)?;
        let mut statistic = |drawn: &[usize]| statistic(drawn).filter(|value| value.is_finite());
        let mut drawn: Vec<usize> = (0..items).collect();
        let value = statistic(&drawn).ok_or(StatsError::Undefined {
            statistic: "the statistic",
            reason: "the sample does not determine it",
        })?;
        let mut estimate = Estimate {
            value,
            interval: None,
            n: items,
        };
        let left_out = |out: usize| (0..items).filter(move |at| *at != out).collect::<Vec<_>>();
        let jackknife: Option<Vec<_>> = (0..items).map(|out| statistic(&left_out(out))).collect();
        if let Some(jackknife) = jackknife.filter(|_| items > 1) {
            let mut random = Random::seeded(self.seed);
            let draw = |_| {
                drawn.fill_with(|| random.below(items));
                statistic(&drawn)
            };
            let replicates: Vec<_> = (0..self.resamples.get()).filter_map(draw).collect();
            if ratio(replicates.len(), self.resamples.get()) >= DEFINED {
                let sorted = sorted(replicates);
                let interval = bca::interval(&sorted, value, &jackknife, self.confidence);
                estimate.interval = Some(interval);
            }
        }
        Ok(estimate)
    }

    /// The mean over all clusters, and the sorted means of the resamples, where it took any.
    fn ratio(&self, clusters: &[Cluster]) -> Result<(Estimate, Option<Vec<f64>>), StatsError> {
        let n = clusters.len();
        StatsError::at_least(1, n)?;
        let all = clusters.iter().fold(Cluster::default(), Cluster::and);
        let value = all.mean();
        StatsError::finite(&[value])?;
        let mut estimate = Estimate {
            value,
            interval: None,
            n,
        };
        if n == 1 {
            return Ok((estimate, None));
        }
        if n >= NORMAL_FROM {
            let half = self.confidence.z() * standard_error(clusters, &all);
            let (low, high) = (value - half, value + half);
            estimate.interval = Some(Interval { low, high });
            return Ok((estimate, None));
        }
        let mut random = Random::seeded(self.seed);
        let draw = |_| {
            let drawn = (0..n).map(|_| &clusters[random.below(n)]);
            drawn.fold(Cluster::default(), Cluster::and).mean()
        };
        let sorted = sorted((0..self.resamples.get()).map(draw).collect());
        let jackknife: Vec<_> = clusters.iter().map(|out| all.without(out).mean()).collect();
        let interval = bca::interval(&sorted, value, &jackknife, self.confidence);
        estimate.interval = Some(interval);
        Ok((estimate, Some(sorted)))
    }

    /// The p-value that belongs to a normal interval.
    fn normal_p(&self, mean: f64, interval: Interval) -> f64 {
        let error = (interval.high - interval.low) / (2.0 * self.confidence.z());
        if mean == 0.0 {
            return 1.0;
        }
        (2.0 * super::normal::cumulative(-(mean / error).abs())).min(1.0)
    }
}

/// The values of a cluster, as far as a mean needs them.
#[derive(Debug, Clone, Copy, Default)]
struct Cluster {
    sum: f64,
    size: usize,
}

impl Cluster {
    fn and(self, other: &Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            size: self.size + other.size,
        }
    }

    fn without(self, other: &Self) -> Self {
        Self {
            sum: self.sum - other.sum,
            size: self.size - other.size,
        }
    }

    fn mean(self) -> f64 {
        self.sum / count(self.size)
    }
}

/// The standard error of a mean over clusters, linearised (Cameron and Miller 2015, "A
/// practitioner's guide to cluster-robust inference"); for clusters of one value it is the usual
/// one.
fn standard_error(clusters: &[Cluster], all: &Cluster) -> f64 {
    let mean = all.mean();
    let residual = |cluster: &Cluster| cluster.sum - mean * count(cluster.size);
    let squares: f64 = clusters.iter().map(|c| residual(c) * residual(c)).sum();
    let n = count(clusters.len());
    (squares * n / (n - 1.0)).sqrt() / count(all.size)
}

#[cfg(test)]
pub(super) fn standard_error_of(clusters: &[Vec<f64>]) -> f64 {
    let cluster = |values: &Vec<f64>| Cluster {
        sum: values.iter().sum(),
        size: values.len(),
    };
    let clusters: Vec<_> = clusters.iter().map(cluster).collect();
    let all = clusters.iter().fold(Cluster::default(), Cluster::and);
    standard_error(&clusters, &all)
}

fn sorted(mut replicates: Vec<f64>) -> Vec<f64> {
    replicates.sort_unstable_by(f64::total_cmp);
    replicates
}

fn other_side(sorted: &[f64]) -> f64 {
    let up_to_zero = sorted.partition_point(|value| *value <= 0.0);
    let from_zero = sorted.len() - sorted.partition_point(|value| *value < 0.0);
    let share = ratio(up_to_zero.min(from_zero) + 1, sorted.len() + 1);
    (2.0 * share).min(1.0)
}
