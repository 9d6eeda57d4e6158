//! What holds for samples of any kind.

use std::num::NonZeroU32;

use proptest::prelude::*;

use super::*;

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
