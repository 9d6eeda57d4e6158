//! Samples and parameters for which a statistic has no value or no interval.

use super::*;

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
