//! A number with its uncertainty.

use serde::{Deserialize, Serialize};

use super::{StatsError, normal};

/// A value that was estimated from a sample, with how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Estimate {
    /// The value of the sample.
    pub value: f64,
    /// Where the value of the population is likely to be; none where the sample says nothing of
    /// its spread, as a single item does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// The number of independent items: clusters, where items are clustered.
    pub n: usize,
}

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// How often intervals made so hold the true value; 95 % unless set.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Confidence(f64);

impl Confidence {
    /// A share greater than 0 and less than 1, such as 0.95.
    pub fn new(share: f64) -> Result<Self, StatsError> {
        StatsError::inside_unit("the confidence", share)?;
        Ok(Self(share))
    }

    /// The share.
    pub fn share(self) -> f64 {
        self.0
    }

    /// The share outside of the interval at either end.
    pub(super) fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }

    /// Half the width of a normal distribution's interval, in standard deviations.
    pub(super) fn z(self) -> f64 {
        -normal::quantile(self.tail())
    }
}

impl Default for Confidence {
    fn default() -> Self {
        Self(0.95)
    }
}

impl TryFrom<f64> for Confidence {
    type Error = StatsError;

    fn try_from(share: f64) -> Result<Self, StatsError> {
        Self::new(share)
    }
}

impl From<Confidence> for f64 {
    fn from(confidence: Confidence) -> Self {
        confidence.0
    }
}

impl Estimate {
    /// Without its interval where that has no width: of a sample without spread the bootstrap is
    /// too sure of itself.
    #[must_use]
    pub(crate) fn without_width(mut self) -> Self {
        #[expect(clippy::float_cmp, reason = "an interval without width has equal ends")]
        let spreads = |interval: &Interval| interval.low != interval.high;
        self.interval = self.interval.filter(spreads);
        self
    }
}

impl Interval {
    /// Whether the value is inside; the ends are.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}
