//! Statistics beside the values of scipy, statsmodels and krippendorff.

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
    serde_json::from_str(include_str!("../../../tests/golden/statistics.json")).expect("the golden")
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
