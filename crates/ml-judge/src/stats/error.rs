//! Why a statistic cannot be computed.

/// A statistic cannot be computed from what was given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatsError {
    /// There are fewer values than the statistic needs.
    #[error("{given} values are too few: it takes at least {needed}")]
    TooFew {
        /// How many there are.
        given: usize,
        /// How many it takes.
        needed: usize,
    },
    /// A value is infinite or not a number.
    #[error("value {at} is {value}, which is no finite number")]
    NotFinite {
        /// Its place, from 0.
        at: usize,
        /// The value.
        value: f64,
    },
    /// Two lists that belong together differ in length.
    #[error("{first} values cannot be paired with {second}")]
    Unpaired {
        /// Length of the first.
        first: usize,
        /// Length of the second.
        second: usize,
    },
    /// A parameter is outside of its range.
    #[error("{name} is {value}; it must be {range}")]
    OutOfRange {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
    /// The statistic has no value for this sample, such as agreement where nothing varies.
    #[error("{statistic} has no value: {reason}")]
    Undefined {
        /// The statistic.
        statistic: &'static str,
        /// Why.
        reason: &'static str,
    },
}

impl StatsError {
    pub(super) fn at_least(needed: usize, given: usize) -> Result<(), Self> {
        if given < needed {
            return Err(Self::TooFew { given, needed });
        }
        Ok(())
    }

    pub(crate) fn finite(values: &[f64]) -> Result<(), Self> {
        match values.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(Self::NotFinite {
                at,
                value: values[at],
            }),
            None => Ok(()),
        }
    }

    pub(super) fn paired(first: usize, second: usize) -> Result<(), Self> {
        if first != second {
            return Err(Self::Unpaired { first, second });
        }
        Ok(())
    }

    /// Requires `0 < value < 1`.
    pub(super) fn inside_unit(name: &'static str, value: f64) -> Result<(), Self> {
        if value > 0.0 && value < 1.0 {
            return Ok(());
        }
        let range = "greater than 0 and less than 1";
        Err(Self::OutOfRange { name, value, range })
    }

    /// Requires `0 <= value <= 1`.
    pub(super) fn unit(name: &'static str, value: f64) -> Result<(), Self> {
        if (0.0..=1.0).contains(&value) {
            return Ok(());
        }
        let range = "from 0 to 1";
        Err(Self::OutOfRange { name, value, range })
    }
}
