//! Statistics: small samples by hand, large ones by two ways.

mod golden;
mod law;
mod undefined;

use std::num::NonZeroUsize;

use super::*;

/// A bootstrap that is quick in tests.
fn quick() -> Bootstrap {
    Bootstrap {
        resamples: NonZeroUsize::new(200).expect("not zero"),
        ..Bootstrap::default()
    }
}

#[test]
fn counts_of_verdicts_are_sorted_by_what_was_right() {
    let pairs = [
        (true, true),
        (true, true),
        (true, false),
        (false, true),
        (false, false),
        (true, true),
    ];
    let confusion = Confusion::of(pairs);
    let confidence = Confidence::default();
    let value = |estimate: Result<Estimate, StatsError>| {
        let estimate = estimate.expect("a value");
        assert!(
            estimate
                .interval
                .expect("an interval")
                .contains(estimate.value)
        );
        (estimate.value, estimate.n)
    };
    assert_eq!(value(confusion.accuracy(confidence)), (4.0 / 6.0, 6));
    assert_eq!(value(confusion.precision(confidence)), (0.75, 4));
    assert_eq!(value(confusion.recall(confidence)), (0.75, 4));
    assert_eq!(value(confusion.f1(&quick())), (0.75, 6));
    let none = Confusion::of([(false, false); 3]);
    assert!(none.precision(confidence).is_err() && none.recall(confidence).is_err());
    assert!(matches!(
        none.f1(&quick()),
        Err(StatsError::Undefined { .. })
    ));
}

#[test]
fn large_samples_get_the_intervals_that_resampling_would_give() {
    let values: Vec<f64> = (0..5_000).map(|at| f64::from(at * at % 97)).collect();
    let fewer = &values[..4_999];
    let (normal, resampled) = (quick().mean(&values), Bootstrap::default().mean(fewer));
    let width = |estimate: Estimate| {
        estimate
            .interval
            .map(|i| i.high - i.low)
            .expect("an interval")
    };
    let (normal, resampled) = (
        width(normal.expect("valid")),
        width(resampled.expect("valid")),
    );
    assert!(
        (normal / resampled - 1.0).abs() < 0.03,
        "{normal} and {resampled}"
    );

    let shifted: Vec<f64> = values
        .iter()
        .enumerate()
        .map(|(at, v)| v + [-3.0, 3.1][at % 2])
        .collect();
    let permutation = Permutation::default();
    let normal = permutation.test(&values, &shifted).expect("valid");
    let tried = permutation.test(fewer, &shifted[..4_999]).expect("valid");
    assert_eq!(
        (normal.method, tried.method),
        (Resampling::Normal, Resampling::MonteCarlo)
    );
    assert!(
        (normal.p - tried.p).abs() < 0.03,
        "{normal:?} and {tried:?}"
    );
    let difference = quick().paired_difference(&values, &shifted).expect("valid");
    assert!(
        (difference.p.expect("a p-value") - normal.p).abs() < 0.03,
        "{difference:?}"
    );
}

#[test]
fn equal_runs_do_not_differ() {
    let values: Vec<f64> = (0..6_000).map(f64::from).collect();
    for n in [1, 40, 6_000] {
        let test = Permutation::default()
            .test(&values[..n], &values[..n])
            .expect("valid");
        assert_eq!((test.p, test.method), (1.0, Resampling::Exact));
        let difference = quick()
            .paired_difference(&values[..n], &values[..n])
            .expect("valid");
        assert_eq!(difference.p, (n > 1).then_some(1.0));
        assert!(!difference.mean.excludes_zero());
    }
}
