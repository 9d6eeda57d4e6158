//! Statistics beside the values of scipy, statsmodels and krippendorff, and what must hold for all.

use std::num::{NonZeroU32, NonZeroUsize};

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    random: Bits,
    wilson: Vec<Wilson>,
    mcnemar: Vec<Counts>,
    holm: Vec<Adjusted>,
    bootstrap_means: Vec<Means>,
    clustered_means: Vec<ClusteredMean>,
    paired: Vec<Paired>,
    cohens_h: Vec<Proportions>,
    detectable_means: Vec<Mean>,
    detectable_proportions: Vec<Proportion>,
    kappa: Vec<Agreement>,
    alpha: Vec<Alpha>,
}

#[derive(Deserialize)]
struct Bits {
    bits: Vec<String>,
    below: Vec<usize>,
}

#[derive(Deserialize)]
struct Wilson {
    successes: usize,
    n: usize,
    confidence: Confidence,
    #[serde(flatten)]
    interval: Interval,
}

#[derive(Deserialize)]
struct Counts {
    first: u64,
    second: u64,
    exact: f64,
    mid: f64,
}

#[derive(Deserialize)]
struct Adjusted {
    p: Vec<f64>,
    adjusted: Vec<f64>,
}

#[derive(Deserialize)]
struct Means {
    values: Vec<f64>,
    mean: f64,
    #[serde(flatten)]
    bootstrap: Bootstrap,
    #[serde(flatten)]
    interval: Interval,
}

#[derive(Deserialize)]
struct ClusteredMean {
    clusters: Vec<Vec<f64>>,
    mean: f64,
    error: f64,
    #[serde(flatten)]
    bootstrap: Bootstrap,
    #[serde(flatten)]
    interval: Interval,
}

#[derive(Deserialize)]
struct Paired {
    first: Vec<f64>,
    second: Vec<f64>,
    #[serde(flatten)]
    bootstrap: Bootstrap,
    #[serde(flatten)]
    interval: Interval,
    difference: f64,
    bootstrap_p: f64,
    permutation_p: f64,
    t_p: f64,
    d: f64,
    cliffs_delta: f64,
    absolute_error: f64,
}

#[derive(Deserialize)]
struct Proportions {
    first: f64,
    second: f64,
    h: f64,
}

#[derive(Deserialize)]
struct Mean {
    n: usize,
    alpha: f64,
    power: f64,
    d: f64,
}

#[derive(Deserialize)]
struct Proportion {
    n: usize,
    discordant: f64,
    alpha: f64,
    power: f64,
    difference: Option<f64>,
}

#[derive(Deserialize)]
struct Agreement {
    pairs: Vec<(usize, usize)>,
    weights: Weights,
    kappa: f64,
}

#[derive(Deserialize)]
struct Alpha {
    raters: Vec<Vec<Option<f64>>>,
    nominal: f64,
    ordinal: f64,
    interval: f64,
    of_interval: Option<Resampled>,
}

#[derive(Deserialize)]
struct Resampled {
    #[serde(flatten)]
    bootstrap: Bootstrap,
    #[serde(flatten)]
    interval: Interval,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../tests/golden/statistics.json")).expect("the golden")
}

/// A bootstrap that is quick in tests.
fn quick() -> Bootstrap {
    Bootstrap {
        resamples: NonZeroUsize::new(200).expect("not zero"),
        ..Bootstrap::default()
    }
}

#[track_caller]
fn close(found: f64, expected: f64) {
    let tolerance = 1e-9 * expected.abs().max(1e-3);
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} in place of {expected}"
    );
}

#[track_caller]
fn close_intervals(found: Option<Interval>, expected: Interval) {
    let found = found.expect("an interval");
    close(found.low, expected.low);
    close(found.high, expected.high);
}

#[test]
fn random_numbers_are_those_of_the_other_implementation() {
    let golden = golden().random;
    let mut random = Random::seeded(7);
    let bits: Vec<_> = golden
        .bits
        .iter()
        .map(|_| random.bits().to_string())
        .collect();
    assert_eq!(bits, golden.bits);
    let below: Vec<_> = golden.below.iter().map(|_| random.below(10)).collect();
    assert_eq!(below, golden.below);
}

#[test]
fn wilson_intervals_are_those_of_statsmodels() {
    for case in golden().wilson {
        let found = wilson(case.successes, case.n, case.confidence).expect("valid");
        close_intervals(Some(found), case.interval);
    }
}

#[test]
fn mcnemar_tests_are_those_of_statsmodels_and_scipy() {
    for case in golden().mcnemar {
        let found = McNemar::of_counts(case.first, case.second);
        close(found.exact_p, case.exact);
        close(found.mid_p, case.mid);
    }
}

#[test]
fn corrected_p_values_are_those_of_statsmodels() {
    for case in golden().holm {
        let found = holm(&case.p).expect("valid");
        assert_eq!(found.len(), case.adjusted.len());
        for (found, expected) in found.into_iter().zip(case.adjusted) {
            close(found, expected);
        }
    }
}

#[test]
fn bootstrap_intervals_are_those_of_scipy() {
    for case in golden().bootstrap_means {
        let found = case.bootstrap.mean(&case.values).expect("valid");
        close(found.value, case.mean);
        close_intervals(found.interval, case.interval);
        let drawn = |drawn: &[usize]| {
            let sum: f64 = drawn.iter().map(|at| case.values[*at]).sum();
            Some(sum / proportion::count(drawn.len()))
        };
        let general = case
            .bootstrap
            .statistic(case.values.len(), drawn)
            .expect("valid");
        close_intervals(general.interval, case.interval);
    }
}

#[test]
fn clustered_bootstrap_intervals_are_those_of_scipy() {
    for case in golden().clustered_means {
        let clusters = case.clusters.iter().enumerate();
        let values = clusters.flat_map(|(at, values)| values.iter().map(move |value| (at, *value)));
        let found = case.bootstrap.clustered_mean(values).expect("valid");
        assert_eq!(found.n, case.clusters.len());
        let error = bootstrap::standard_error_of(&case.clusters);
        close(error, case.error);
        close(found.value, case.mean);
        close_intervals(found.interval, case.interval);
    }
}

#[test]
fn paired_tests_and_effects_are_those_of_scipy() {
    for case in golden().paired {
        let found = case
            .bootstrap
            .paired_difference(&case.first, &case.second)
            .expect("valid");
        close(found.mean.value, case.difference);
        close_intervals(found.mean.interval, case.interval);
        close(found.p.expect("a p-value"), case.bootstrap_p);
        let permutation = Permutation {
            resamples: case.bootstrap.resamples.try_into().expect("few"),
            seed: case.bootstrap.seed,
        };
        let test = permutation.test(&case.first, &case.second).expect("valid");
        close(test.difference, case.difference);
        close(test.p, case.permutation_p);
        close(
            cohens_d_paired(&case.first, &case.second).expect("valid"),
            case.d,
        );
        close(
            cliffs_delta(&case.first, &case.second).expect("valid"),
            case.cliffs_delta,
        );
        let error = mean_absolute_error(&case.first, &case.second, &quick()).expect("valid");
        close(error.value, case.absolute_error);
        // The t-test answers the same question by another way.
        assert!(
            (test.p - case.t_p).abs() < 0.2,
            "{} and {}",
            test.p,
            case.t_p
        );
    }
}

#[test]
fn effects_on_proportions_are_those_of_statsmodels() {
    for case in golden().cohens_h {
        close(cohens_h(case.first, case.second).expect("valid"), case.h);
    }
}

#[test]
fn detectable_effects_are_those_of_scipy() {
    for case in golden().detectable_means {
        let design = Design {
            alpha: case.alpha,
            power: case.power,
        };
        close(
            detectable_mean_difference(case.n, 1.0, design).expect("valid"),
            case.d,
        );
        let doubled = detectable_mean_difference(case.n, 2.0, design).expect("valid");
        close(doubled, 2.0 * case.d);
    }
    for case in golden().detectable_proportions {
        let design = Design {
            alpha: case.alpha,
            power: case.power,
        };
        let found =
            detectable_proportion_difference(case.n, case.discordant, design).expect("valid");
        match (found, case.difference) {
            (Some(found), Some(expected)) => close(found, expected),
            (found, expected) => assert_eq!(found, expected, "{} of {}", case.discordant, case.n),
        }
    }
}

#[test]
fn kappas_are_those_of_statsmodels() {
    for case in golden().kappa {
        let found = kappa(&case.pairs, case.weights, &quick()).expect("valid");
        close(found.value, case.kappa);
        assert!(found.interval.expect("an interval").contains(found.value));
    }
}

#[test]
fn alphas_are_those_of_krippendorff() {
    for case in golden().alpha {
        let items = items(&case.raters);
        for (level, expected) in [
            (Level::Nominal, case.nominal),
            (Level::Ordinal, case.ordinal),
            (Level::Interval, case.interval),
        ] {
            let found = alpha(&items, level, &quick()).expect("valid");
            close(found.value, expected);
            assert!(found.interval.expect("an interval").contains(found.value));
        }
        if let Some(expected) = case.of_interval {
            let found = alpha(&items, Level::Interval, &expected.bootstrap).expect("valid");
            close_intervals(found.interval, expected.interval);
        }
    }
}

/// Each item's values by rater, from each rater's by item.
fn items(raters: &[Vec<Option<f64>>]) -> Vec<Vec<Option<f64>>> {
    let item = |at: usize| raters.iter().map(|rater| rater[at]).collect();
    (0..raters[0].len()).map(item).collect()
}

#[test]
fn too_few_values_are_errors() {
    let bootstrap = quick();
    let few = |needed, given| StatsError::TooFew { given, needed };
    assert_eq!(wilson(0, 0, Confidence::default()), Err(few(1, 0)));
    assert_eq!(bootstrap.mean(&[]), Err(few(1, 0)));
    assert_eq!(bootstrap.clustered_mean::<u8>([]), Err(few(1, 0)));
    assert_eq!(bootstrap.paired_difference(&[], &[]), Err(few(1, 0)));
    assert_eq!(bootstrap.statistic(0, |_| Some(0.0)), Err(few(1, 0)));
    assert_eq!(McNemar::of([]), Err(few(1, 0)));
    assert_eq!(Permutation::default().test(&[], &[]), Err(few(1, 0)));
    assert_eq!(kappa(&[], Weights::None, &bootstrap), Err(few(1, 0)));
    assert_eq!(
        alpha(&[[Some(1.0), None]], Level::Nominal, &bootstrap),
        Err(few(1, 0))
    );
    assert_eq!(cohens_d_paired(&[1.0], &[2.0]), Err(few(2, 1)));
    assert_eq!(cliffs_delta(&[], &[1.0]), Err(few(1, 0)));
    assert_eq!(
        detectable_mean_difference(1, 1.0, Design::default()),
        Err(few(2, 1))
    );
    assert_eq!(
        Confusion::default().accuracy(Confidence::default()),
        Err(few(1, 0))
    );
    assert_eq!(Confusion::default().f1(&bootstrap), Err(few(1, 0)));
    assert_eq!(holm(&[]), Ok(vec![]));
}

#[test]
fn one_item_has_a_value_and_no_interval() {
    let bootstrap = quick();
    let alone = Estimate {
        value: 0.5,
        interval: None,
        n: 1,
    };
    assert_eq!(bootstrap.mean(&[0.5]), Ok(alone));
    assert_eq!(
        bootstrap.clustered_mean([("a", 0.0), ("a", 1.0)]),
        Ok(alone)
    );
    assert_eq!(bootstrap.statistic(1, |_| Some(0.5)), Ok(alone));
    let pair = bootstrap.paired_difference(&[0.0], &[0.5]).expect("valid");
    assert_eq!((pair.mean, pair.p), (alone, None));
}

#[test]
fn what_is_no_number_is_an_error() {
    let bootstrap = quick();
    for value in [f64::NAN, f64::INFINITY] {
        let values = [0.0, value, 1.0];
        let zeros = [0.0; 3];
        let not_finite = |error: StatsError| matches!(error, StatsError::NotFinite { at: 1, .. });
        assert!(not_finite(bootstrap.mean(&values).expect_err("not finite")));
        assert!(not_finite(
            bootstrap
                .paired_difference(&values, &zeros)
                .expect_err("not finite")
        ));
        assert!(not_finite(
            bootstrap
                .paired_difference(&zeros, &values)
                .expect_err("not finite")
        ));
        assert!(not_finite(
            Permutation::default()
                .test(&values, &zeros)
                .expect_err("not finite")
        ));
        assert!(not_finite(
            cliffs_delta(&zeros, &values).expect_err("not finite")
        ));
        assert!(not_finite(
            cohens_d_paired(&zeros, &values).expect_err("not finite")
        ));
        let item = [[Some(0.0), Some(value)]];
        assert!(not_finite(
            alpha(&item, Level::Interval, &bootstrap).expect_err("not finite")
        ));
        let clustered = values.iter().map(|value| (0, *value));
        assert!(not_finite(
            bootstrap.clustered_mean(clustered).expect_err("not finite")
        ));
        assert!(holm(&[value]).is_err());
        assert!(cohens_h(0.5, value).is_err());
        assert!(Confidence::new(value).is_err());
        assert!(detectable_mean_difference(5, value, Design::default()).is_err());
        assert!(detectable_proportion_difference(5, value, Design::default()).is_err());
    }
    assert!(bootstrap.mean(&[f64::MAX, f64::MAX]).is_err());
    assert!(
        Permutation::default()
            .test(&[f64::MIN], &[f64::MAX])
            .is_err()
    );
}

#[test]
fn parameters_out_of_range_are_errors() {
    assert!(wilson(2, 1, Confidence::default()).is_err());
    assert!(Confidence::new(1.0).is_err());
    assert!(serde_json::from_str::<Confidence>("1.5").is_err());
    assert!(cohens_h(-0.1, 0.5).is_err());
    assert!(holm(&[0.5, 1.1]).is_err());
    assert!(kappa(&[(0, usize::MAX)], Weights::None, &quick()).is_err());
    for (alpha, power) in [(0.0, 0.8), (0.05, 1.0), (0.5, 0.4), (f64::NAN, 0.8)] {
        let design = Design { alpha, power };
        assert!(detectable_mean_difference(10, 1.0, design).is_err());
        assert!(detectable_proportion_difference(10, 0.5, design).is_err());
    }
    let unpaired = StatsError::Unpaired {
        first: 1,
        second: 2,
    };
    assert_eq!(
        quick().paired_difference(&[0.0], &[0.0, 1.0]),
        Err(unpaired.clone())
    );
    assert_eq!(
        mean_absolute_error(&[0.0], &[0.0, 1.0], &quick()),
        Err(unpaired)
    );
}

#[test]
fn agreement_without_variation_has_no_value() {
    let bootstrap = quick();
    for level in [Level::Nominal, Level::Ordinal, Level::Interval] {
        let same = alpha(&[[Some(1.0); 2]; 9], level, &bootstrap);
        assert!(
            matches!(same, Err(StatsError::Undefined { .. })),
            "{same:?}"
        );
    }
    let vast = [[Some(f64::MAX), Some(f64::MIN)]; 9];
    assert!(alpha(&vast, Level::Interval, &bootstrap).is_err());
    let same = kappa(&[(1, 1); 9], Weights::Linear, &bootstrap);
    assert!(
        matches!(same, Err(StatsError::Undefined { .. })),
        "{same:?}"
    );
    let same = cohens_d_paired(&[0.0, 1.0], &[1.0, 2.0]);
    assert!(
        matches!(same, Err(StatsError::Undefined { .. })),
        "{same:?}"
    );
}

#[test]
fn a_statistic_that_hangs_on_one_item_has_no_interval() {
    let mut items = vec![[Some(0.0), Some(0.0)]; 30];
    items[3] = [Some(1.0), Some(1.0)];
    let found = alpha(&items, Level::Nominal, &quick()).expect("it varies");
    assert_eq!((found.value, found.interval), (1.0, None));
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

fn score() -> impl Strategy<Value = f64> {
    prop_oneof![(0_u8..5).prop_map(|n| f64::from(n) / 4.0), -1e3..1e3]
}

proptest! {
    #[test]
    fn intervals_hold_the_estimate(
        values in prop::collection::vec((0_u8..6, score()), 2..40),
        successes in 0_usize..50,
        failures in 0_usize..50,
    ) {
        let plain: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
        let mean = quick().mean(&plain).expect("valid");
        let (least, most) = plain.iter().fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(*v), b.max(*v)));
        let interval = mean.interval.expect("an interval");
        prop_assert!(interval.low <= interval.high);
        prop_assert!(interval.low >= least - 1e-9 && interval.high <= most + 1e-9);
        let clustered = quick().clustered_mean(values).expect("valid");
        prop_assert!((clustered.value - mean.value).abs() < 1e-9);
        if successes + failures > 0 {
            let share = Estimate::proportion(successes, successes + failures, Confidence::default());
            let share = share.expect("valid");
            let interval = share.interval.expect("an interval");
            prop_assert!(interval.contains(share.value));
            prop_assert!(interval.low >= 0.0 && interval.high <= 1.0);
        }
    }

    #[test]
    fn paired_tests_are_symmetric(
        pairs in prop::collection::vec((score(), score()), 1..30),
        seed in any::<u64>(),
    ) {
        let (first, second): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let permutation = Permutation { resamples: NonZeroU32::new(99).expect("not zero"), seed };
        let (there, back) = (permutation.test(&first, &second), permutation.test(&second, &first));
        let (there, back) = (there.expect("valid"), back.expect("valid"));
        prop_assert!(there.p > 0.0 && there.p <= 1.0);
        prop_assert!((there.p - back.p).abs() < 1e-12);
        prop_assert!((there.difference + back.difference).abs() < 1e-9);
        let delta = cliffs_delta(&first, &second).expect("valid");
        prop_assert!((-1.0..=1.0).contains(&delta));
        prop_assert!((delta + cliffs_delta(&second, &first).expect("valid")).abs() < 1e-12);
        let p = quick().paired_difference(&first, &second).expect("valid").p;
        prop_assert!(p.is_none_or(|p| p > 0.0 && p <= 1.0));
    }

    #[test]
    fn rounding_does_not_hide_sums_that_are_as_extreme(tenths in prop::collection::vec(-9_i8..9, 1..12)) {
        let zeros = vec![0.0; tenths.len()];
        let whole: Vec<f64> = tenths.iter().map(|n| f64::from(*n)).collect();
        let rounded: Vec<f64> = tenths.iter().map(|n| f64::from(*n) / 10.0).collect();
        let p = |second: &[f64]| Permutation::default().test(&zeros, second).expect("valid").p;
        prop_assert!((p(&whole) - p(&rounded)).abs() < 1e-12);
    }

    #[test]
    fn mcnemar_is_symmetric_and_its_mid_p_smaller(first in 0_u64..3_000, second in 0_u64..3_000) {
        let (there, back) = (McNemar::of_counts(first, second), McNemar::of_counts(second, first));
        prop_assert_eq!((there.exact_p, there.mid_p), (back.exact_p, back.mid_p));
        prop_assert!(there.mid_p >= 0.0 && there.mid_p <= there.exact_p && there.exact_p <= 1.0);
    }

    #[test]
    fn corrected_p_values_are_never_smaller_and_keep_their_order(p in prop::collection::vec(0.0..=1.0, 0..20)) {
        let adjusted = holm(&p).expect("valid");
        for (at, value) in p.iter().enumerate() {
            prop_assert!(adjusted[at] >= *value && adjusted[at] <= 1.0);
            for (other, other_value) in p.iter().enumerate() {
                prop_assert!(value > other_value || adjusted[at] <= adjusted[other]);
            }
        }
    }

    #[test]
    fn agreement_does_not_depend_on_names_or_raters(
        ratings in prop::collection::vec((0_u8..4, 0_u8..4, 0_u8..4), 3..25),
    ) {
        let renamed = |name: u8| f64::from([7, -2, 0, 3][usize::from(name)]);
        let item = |named: &dyn Fn(u8) -> f64, a: u8, b: u8, c: u8| [Some(named(a)), Some(named(b)), Some(named(c))];
        let items: Vec<_> = ratings.iter().map(|(a, b, c)| item(&|x| f64::from(x), *a, *b, *c)).collect();
        let others: Vec<_> = ratings.iter().map(|(a, b, c)| item(&renamed, *c, *a, *b)).collect();
        let bootstrap = Bootstrap { resamples: NonZeroUsize::MIN, ..Bootstrap::default() };
        let (found, other) = (alpha(&items, Level::Nominal, &bootstrap), alpha(&others, Level::Nominal, &bootstrap));
        if let (Ok(found), Ok(other)) = (&found, &other) {
            prop_assert!((found.value - other.value).abs() < 1e-12);
            prop_assert!(found.value <= 1.0);
        }
        prop_assert_eq!(found.is_ok(), other.is_ok());
        // Of an ordinal scale the order counts alone.
        let stretched: Vec<_> = ratings.iter().map(|(a, b, c)| item(&|x| f64::from(x).exp(), *a, *b, *c)).collect();
        let (found, other) = (alpha(&items, Level::Ordinal, &bootstrap), alpha(&stretched, Level::Ordinal, &bootstrap));
        prop_assert_eq!(found.map(|found| found.value), other.map(|other| other.value));
        let pairs: Vec<_> = ratings.iter().map(|(a, b, _)| (usize::from(*a), usize::from(*b))).collect();
        let swapped: Vec<_> = pairs.iter().map(|(a, b)| (*b, *a)).collect();
        let (found, other) = (kappa(&pairs, Weights::Linear, &bootstrap), kappa(&swapped, Weights::Linear, &bootstrap));
        if let (Ok(found), Ok(other)) = (found, other) {
            prop_assert!((found.value - other.value).abs() < 1e-12);
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn more_items_show_smaller_effects(n in 10_usize..2_000, discordant in 0.05..1.0) {
        let design = Design::default();
        let mean = |n| detectable_mean_difference(n, 1.0, design).expect("valid");
        prop_assert!(mean(2 * n) < mean(n));
        let share = |n| detectable_proportion_difference(n, discordant, design).expect("valid");
        if let Some(found) = share(n) {
            prop_assert!(found > 0.0 && found <= discordant);
            prop_assert!(share(2 * n).is_some_and(|smaller| smaller < found));
        }
    }
}
