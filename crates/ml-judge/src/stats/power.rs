//! The smallest difference that a sample is likely to show.

use statrs::distribution::{ContinuousCDF as _, StudentsT};
use statrs::function::gamma::ln_gamma;

use super::proportion::count;
use super::{StatsError, normal};

/// What a two-sided test is to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Design {
    /// The probability of an alarm where there is no difference; 0.05 unless set.
    pub alpha: f64,
    /// The probability to find a difference that is there; 0.8 unless set.
    pub power: f64,
}

impl Default for Design {
    fn default() -> Self {
        Self {
            alpha: 0.05,
            power: 0.8,
        }
    }
}

impl Design {
    fn validate(self) -> Result<(), StatsError> {
        StatsError::inside_unit("alpha", self.alpha)?;
        StatsError::inside_unit("the power", self.power)?;
        if self.power <= self.alpha {
            let (name, value, range) = ("the power", self.power, "greater than alpha");
            return Err(StatsError::OutOfRange { name, value, range });
        }
        Ok(())
    }
}

/// The smallest mean difference of `n` pairs that the paired t-test finds with the design's power,
/// where the differences have this standard deviation. With a deviation of 1 it is Cohen's d.
///
/// From the noncentral t distribution, as R's `power.t.test` and statsmodels' `TTestPower`.
///
/// # Errors
/// There are fewer than two pairs, the deviation is negative or not finite, or the design is
/// impossible.
pub fn detectable_mean_difference(
    n: usize,
    deviation: f64,
    design: Design,
) -> Result<f64, StatsError> {
    StatsError::at_least(2, n)?;
    StatsError::finite(&[deviation])?;
    if deviation < 0.0 {
        let (name, range) = ("the standard deviation", "at least 0");
        let value = deviation;
        return Err(StatsError::OutOfRange { name, value, range });
    }
    design.validate()?;
    let freedom = count(n - 1);
    let critical = critical_t(freedom, design.alpha);
    let noncentrality = root(|delta| power_of_t(delta, freedom, critical) - design.power);
    Ok(noncentrality / count(n).sqrt() * deviation)
}

/// The smallest difference of two success rates on the same `n` items that `McNemar`'s test finds
/// with the design's power, where the runs differ on this share of items. None where even a
/// difference on all of these, all in one direction, would not be found.
///
/// Connor 1987, "Sample size for testing differences in proportions for the paired-sample design",
/// solved for the difference.
///
/// # Errors
/// There are no items, the share is not from 0 to 1, or the design is impossible.
pub fn detectable_proportion_difference(
    n: usize,
    discordant: f64,
    design: Design,
) -> Result<Option<f64>, StatsError> {
    StatsError::at_least(1, n)?;
    StatsError::unit("the share of items on which the runs differ", discordant)?;
    design.validate()?;
    let n = count(n);
    let no_alarm = -normal::quantile(design.alpha / 2.0) * discordant.sqrt();
    let found = normal::quantile(design.power);
    let square = found * found;
    let under_root = n * square * discordant + square * (square * discordant - no_alarm * no_alarm);
    if under_root < 0.0 {
        return Ok(None);
    }
    let sign = found.signum();
    let difference = (no_alarm * n.sqrt() + sign * under_root.sqrt()) / (n + square);
    Ok((difference > 0.0 && difference <= discordant).then_some(difference))
}

fn critical_t(freedom: f64, alpha: f64) -> f64 {
    let t = StudentsT::new(0.0, 1.0, freedom).expect("there is a degree of freedom");
    let two_sided = |x: f64| 1.0 - 2.0 * t.sf(x);
    root(|x| two_sided(x) - (1.0 - alpha))
}

/// The probability that |T| is greater than critical, for T with this noncentrality: the normal
/// distribution's, averaged over the chi distribution of the estimated deviation by Simpson's rule.
fn power_of_t(noncentrality: f64, freedom: f64, critical: f64) -> f64 {
    let half = freedom / 2.0;
    let log_scale = std::f64::consts::LN_2 + half * half.ln() - ln_gamma(half);
    let integrand = |deviation: f64| {
        // Its logarithm has no value at zero, where one degree of freedom has a density too.
        let log_power = if freedom > 1.0 {
            (freedom - 1.0) * deviation.ln()
        } else {
            0.0
        };
        let density = log_scale + log_power - half * deviation * deviation;
        let limit = critical * deviation;
        let beyond =
            normal::cumulative(noncentrality - limit) + normal::cumulative(-noncentrality - limit);
        density.exp() * beyond
    };
    // The estimate's own deviation is about 1 over the root of twice the degrees of freedom.
    let width = 12.0 / (2.0 * freedom).sqrt();
    simpson(integrand, (1.0 - width).max(0.0), 1.0 + width)
}

fn simpson(function: impl Fn(f64) -> f64, from: f64, to: f64) -> f64 {
    const STEPS: u32 = 2_000;
    let step = (to - from) / f64::from(STEPS);
    let at = |index: u32| {
        let weight = match index {
            0 | STEPS => 1.0,
            _ if index % 2 == 1 => 4.0,
            _ => 2.0,
        };
        weight * function(from + step * f64::from(index))
    };
    (0..=STEPS).map(at).sum::<f64>() * step / 3.0
}

/// Where an increasing function of positive numbers crosses zero.
fn root(function: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while function(high) < 0.0 && high < 1e9 {
        (low, high) = (high, high * 2.0);
    }
    while high - low > 1e-12 * high {
        let middle = low + (high - low) / 2.0;
        if function(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}
