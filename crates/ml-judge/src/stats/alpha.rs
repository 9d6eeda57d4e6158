//! Agreement of any number of raters beyond chance.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::proportion::count;
use super::{Bootstrap, Estimate, StatsError};

/// What the values of a scale mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Names: equal or not.
    Nominal,
    /// An order, without distances.
    Ordinal,
    /// Numbers: twice the distance is twice as far.
    Interval,
}

/// Krippendorff's alpha of items, each with the values that its raters gave it (`None`: this rater
/// gave none), with a bootstrap interval over the items.
///
/// 1 is agreement, 0 that of chance. Items with fewer than two values say nothing and are left out,
/// also of [`Estimate::n`]. Krippendorff 2011, "Computing Krippendorff's alpha-reliability"; for
/// intervals over items Zapf et al. 2016, "Measuring inter-rater reliability for nominal data".
///
/// # Errors
/// No item has two values, a value is not finite, or all values are equal.
pub fn alpha<I>(items: &[I], level: Level, bootstrap: &Bootstrap) -> Result<Estimate, StatsError>
where
    I: AsRef<[Option<f64>]>,
{
    let values = |item: &I| item.as_ref().iter().flatten().copied().collect::<Vec<_>>();
    let mut rated: Vec<Vec<f64>> = items.iter().map(values).collect();
    rated.retain(|values| values.len() > 1);
    StatsError::at_least(1, rated.len())?;
    StatsError::finite(&rated.concat())?;
    let mut sample = Sample::new(&rated, level);
    let all: Vec<usize> = (0..rated.len()).collect();
    sample.alpha(&all).ok_or(StatsError::Undefined {
        statistic: "Krippendorff's alpha",
        reason: "the raters gave the same value throughout",
    })?;
    bootstrap.statistic(rated.len(), |drawn| sample.alpha(drawn))
}

/// Items with their values as codes, and what a sample of them is computed in.
struct Sample {
    level: Level,
    /// Each item's codes, with how many raters gave them.
    items: Vec<Vec<(usize, usize)>>,
    /// How often each code is in the sample.
    counts: Vec<usize>,
    /// Where each code is on the scale: its value or, of an ordinal scale, its rank in the sample.
    places: Vec<f64>,
}

impl Sample {
    fn new(rated: &[Vec<f64>], level: Level) -> Self {
        let mut values = rated.concat();
        values.sort_unstable_by(f64::total_cmp);
        // Zero and minus zero are neighbours and equal.
        values.dedup();
        let code = |value: &f64| values.partition_point(|other| other < value);
        let codes = |item: &Vec<f64>| {
            let mut counts = BTreeMap::<usize, usize>::new();
            for value in item {
                *counts.entry(code(value)).or_default() += 1;
            }
            counts.into_iter().collect()
        };
        Self {
            items: rated.iter().map(codes).collect(),
            counts: vec![0; values.len()],
            places: values,
            level,
        }
    }

    /// One less the disagreement within items over that of all values with each other; none where
    /// all are equal.
    fn alpha(&mut self, drawn: &[usize]) -> Option<f64> {
        self.counts.fill(0);
        for item in drawn {
            for (code, times) in &self.items[*item] {
                self.counts[*code] += times;
            }
        }
        self.place();
        let within: f64 = drawn
            .iter()
            .map(|item| self.disagreement(self.items[*item].iter().copied()))
            .sum();
        let present = self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        let between = self.disagreement(present.map(|(code, count)| (code, *count)));
        Some(1.0 - within / between).filter(|alpha| between > 0.0 && alpha.is_finite())
    }

    /// The ordinal distance of two values is that of their mean ranks: Krippendorff's sum over the
    /// counts between them, written as a difference.
    fn place(&mut self) {
        if self.level != Level::Ordinal {
            return;
        }
        let mut before = 0;
        for (place, count_of_code) in self.places.iter_mut().zip(&self.counts) {
            *place = count(before) + count(*count_of_code) / 2.0;
            before += count_of_code;
        }
    }

    /// The sum over all ordered pairs of values of their squared distance, over one less than the
    /// number of values.
    fn disagreement(&self, counts: impl Iterator<Item = (usize, usize)>) -> f64 {
        let (mut n, mut same, mut sum, mut squares) = (0.0, 0.0, 0.0, 0.0);
        // Distances from any one place: this keeps the sums small.
        let mut origin = None;
        for (code, times) in counts {
            let times = count(times);
            let place = self.places[code];
            let from = place - *origin.get_or_insert(place);
            n += times;
            same += times * times;
            sum += times * from;
            squares += times * from * from;
        }
        let pairs = match self.level {
            Level::Nominal => n * n - same,
            Level::Ordinal | Level::Interval => 2.0 * (n * squares - sum * sum),
        };
        pairs / (n - 1.0)
    }
}
