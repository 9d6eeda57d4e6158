//! What repeated judgements or attempts say together.

/// Repeated numbers in brief.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their median; the mean of the two in the middle where their count is even.
    pub median: f64,
    /// Their standard deviation with the divisor `count - 1`; `None` for a single one.
    pub sd: Option<f64>,
}

impl Spread {
    /// The spread of finite numbers; `None` of none.
    #[expect(
        clippy::cast_precision_loss,
        reason = "there are fewer repeats than 2^52"
    )]
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        let median = median(values)?;
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let sd = (count > 1).then(|| (squares / (count - 1) as f64).sqrt());
        Some(Self {
            count,
            mean,
            median,
            sd,
        })
    }
}

/// The median; `None` of none.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(sorted[middle - 1], upper))
}

/// pass@k: the probability that at least one of `k` attempts is right, estimated without bias
/// from `correct` right ones of `attempts`: `1 - C(n-c, k) / C(n, k)` (Chen et al. 2021,
/// "Evaluating Large Language Models Trained on Code", equation 1).
///
/// `None` where `k` is 0 or more than there are attempts, or more are right than there are.
pub fn pass_at_k(attempts: u32, correct: u32, k: u32) -> Option<f64> {
    let wrong = attempts.checked_sub(correct)?;
    Some(1.0 - all_of(attempts, wrong, k)?)
}

/// pass^k: the probability that all of `k` attempts are right, estimated without bias from
/// `correct` right ones of `attempts`: `C(c, k) / C(n, k)` (Yao et al. 2024, "τ-bench", section
/// 3).
///
/// `None` where `k` is 0 or more than there are attempts, or more are right than there are.
pub fn pass_hat_k(attempts: u32, correct: u32, k: u32) -> Option<f64> {
    if correct > attempts {
        return None;
    }
    all_of(attempts, correct, k)
}

/// `C(some, k) / C(all, k)` as a product of fractions, none of which overflows.
fn all_of(all: u32, some: u32, k: u32) -> Option<f64> {
    if k == 0 || k > all {
        return None;
    }
    if k > some {
        return Some(0.0);
    }
    let fraction = |step| f64::from(some - step) / f64::from(all - step);
    Some((0..k).map(fraction).product())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(found: Option<f64>, expected: f64) {
        let found = found.expect("a number");
        assert!(
            (found - expected).abs() < 1e-12,
            "{found} is not {expected}"
        );
    }

    #[test]
    fn a_spread_has_mean_median_and_deviation() {
        let spread = Spread::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).expect("a spread");
        assert_eq!(spread.count, 8);
        close(Some(spread.mean), 5.0);
        close(Some(spread.median), 4.5);
        close(spread.sd, (32.0f64 / 7.0).sqrt());
        assert_eq!(Spread::of(&[3.0]).expect("a spread").sd, None);
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn pass_at_k_and_pass_hat_k_are_ratios_of_binomials() {
        // C(5, 2) / C(10, 2) = 10 / 45.
        close(pass_at_k(10, 5, 2), 1.0 - 10.0 / 45.0);
        close(pass_hat_k(10, 5, 2), 10.0 / 45.0);
        close(pass_at_k(10, 3, 1), 0.3);
        close(pass_hat_k(10, 3, 1), 0.3);
        close(pass_at_k(4, 2, 3), 1.0);
        close(pass_hat_k(4, 2, 3), 0.0);
        close(pass_at_k(200_000, 0, 100_000), 0.0);
        close(pass_hat_k(200_000, 200_000, 200_000), 1.0);
        for (attempts, correct, k) in [(3, 1, 0), (3, 1, 4), (3, 4, 1), (0, 0, 1)] {
            assert_eq!(pass_at_k(attempts, correct, k), None);
            assert_eq!(pass_hat_k(attempts, correct, k), None);
        }
    }

    /// The estimator has no bias: its mean over all outcomes of n attempts is the true value.
    #[test]
    fn the_estimators_have_no_bias() {
        let (attempts, k, chance) = (6u32, 3u32, 0.3f64);
        let mut expected = [0.0; 2];
        for outcome in 0u32..1 << attempts {
            let correct = outcome.count_ones();
            let exponent = |count: u32| i32::try_from(count).expect("small");
            let weight =
                chance.powi(exponent(correct)) * (1.0 - chance).powi(exponent(attempts - correct));
            expected[0] += weight * pass_at_k(attempts, correct, k).expect("a number");
            expected[1] += weight * pass_hat_k(attempts, correct, k).expect("a number");
        }
        close(Some(expected[0]), 1.0 - (1.0 - chance).powi(3));
        close(Some(expected[1]), chance.powi(3));
    }
}
