//! Consensus of people, and what is measured of a judge beside it.

use super::*;

#[test]
fn raters_agree_on_one_label_or_on_none() {
    let cases: &[(Consensus, &[f64], Option<f64>)] = &[
        (Consensus::Majority, &[1.0, 0.0, 1.0], Some(1.0)),
        (Consensus::Majority, &[1.0, 0.0], None),
        (Consensus::Majority, &[0.0, -0.0, 1.0], Some(0.0)),
        (Consensus::Median, &[3.0, 1.0, 2.0], Some(2.0)),
        (Consensus::Median, &[4.0, 1.0, 2.0, 3.0], Some(2.0)),
        (Consensus::Mean, &[1.0, 2.0], Some(1.5)),
    ];
    for (consensus, labels, expected) in cases {
        assert_eq!(
            consensus.of(labels),
            *expected,
            "{consensus:?} of {labels:?}"
        );
        assert_eq!(consensus.of(&[]), None);
    }
}

fn value(estimate: Option<Estimate>) -> (f64, usize) {
    let estimate = estimate.expect("an estimate");
    let interval = estimate.interval.expect("an interval");
    assert!(
        interval.low <= estimate.value && estimate.value <= interval.high,
        "{estimate:?}"
    );
    (estimate.value, estimate.n)
}

#[test]
fn verdicts_are_counted_beside_those_of_the_majority() {
    let mut items = vec![
        item(&[0.9, 0.6, 0.1], &[1.0]),
        item(&[1.0, 1.0, 1.0], &[0.7]),
        item(&[0.0, 0.4, 0.0], &[0.2]),
        item(&[0.0, 0.0, 1.0], &[0.5]),
        item(&[1.0, 1.0, 0.0], &[0.4]),
        item(&[1.0, 0.0], &[1.0]),
        item(&[0.0, 0.0], &[]),
    ];
    items[6].judgments = vec![unscored("garbage"), Judgment::Value(1.0)];
    let record = measure(LabelScale::VERDICT, &items).expect("finite");
    assert_eq!(
        (record.items, record.compared, record.without_consensus),
        (7, 5, 1)
    );
    let agreement = &record.agreement;
    assert_eq!(value(agreement.accuracy), (3.0 / 5.0, 5));
    assert_eq!(value(agreement.precision), (2.0 / 3.0, 3));
    assert_eq!(value(agreement.recall), (2.0 / 3.0, 3));
    assert_eq!(value(agreement.f1), (2.0 / 3.0, 5));
    // By hand: 3 of 5 agree, and (3*3 + 2*2) / 25 by chance.
    let (kappa, _) = value(agreement.kappa);
    assert!((kappa - (0.6 - 0.52) / (1.0 - 0.52)).abs() < 1e-12);
    // By hand: 4 of 10 values disagree with their partner; of all, 6 are yes and 4 no.
    let (alpha, _) = value(record.alpha());
    assert!((alpha - (1.0 - 9.0 * 4.0 / 48.0)).abs() < 1e-12);
    assert_eq!(agreement.mean_absolute_error, None);
    assert_eq!(agreement.alpha.ordinal, None);
    assert!(agreement.between_people.is_some());
    assert_eq!(
        record.reliability.unscored_reasons,
        BTreeMap::from([("garbage".into(), 1)])
    );
    assert_eq!(
        record.reliability.unscored.map(|estimate| estimate.value),
        Some(1.0 / 8.0)
    );
}

#[test]
fn an_order_is_measured_by_how_far_labels_are_apart() {
    let labels = [
        (1.0, 1.0),
        (2.0, 2.0),
        (3.0, 5.0),
        (5.0, 5.0),
        (2.0, 1.0),
        (3.0, 3.0),
    ];
    let items: Vec<_> = labels
        .iter()
        .map(|(people, judge)| item(&[*people], &[*judge]))
        .collect();
    let record = measure(LabelScale::of(Level::Ordinal), &items).expect("finite");
    let agreement = &record.agreement;
    assert_eq!(value(agreement.accuracy), (4.0 / 6.0, 6));
    assert_eq!(value(agreement.mean_absolute_error), (0.5, 6));
    // By hand, with squares of distances: 5 observed, 177 / 6 by chance.
    let squares: f64 = labels
        .iter()
        .flat_map(|(people, _)| {
            labels
                .iter()
                .map(move |(_, judge)| (people - judge).powi(2))
        })
        .sum();
    let (kappa, _) = value(agreement.kappa);
    assert!((kappa - (1.0 - 5.0 / (squares / 6.0))).abs() < 1e-12);
    assert!(agreement.alpha.ordinal.is_some() && agreement.alpha.nominal.is_some());
    assert_eq!(
        (agreement.precision, agreement.between_people),
        (None, None)
    );
    let record = measure(LabelScale::of(Level::Interval), &items).expect("finite");
    assert_eq!(
        (record.agreement.kappa, record.agreement.accuracy),
        (None, None)
    );
    assert!(record.alpha().is_some());
}

#[test]
fn repeats_and_orders_show_how_steady_a_judge_is() {
    let mut items = vec![
        item(&[1.0], &[1.0, 1.0, 1.0]),
        item(&[2.0], &[2.0, 4.0]),
        item(&[3.0], &[3.0]),
        item(&[4.0], &[4.0, 4.0]),
    ];
    items[0].order_flips = vec![true, false];
    items[1].order_flips = vec![false];
    items[2].judgments.push(unscored("nothing"));
    let record = measure(LabelScale::of(Level::Ordinal), &items).expect("finite");
    let reliability = &record.reliability;
    assert_eq!(value(reliability.same_in_repeats), (2.0 / 3.0, 3));
    let (deviation, _) = value(reliability.deviation_of_repeats);
    assert!((deviation - f64::sqrt(2.0) / 3.0).abs() < 1e-12);
    let (flips, pairs) = value(reliability.order_flips);
    assert!((flips - 1.0 / 3.0).abs() < 1e-12 && pairs == 2);
    let (share, asked) = value(reliability.unscored);
    assert!((share - 1.0 / 9.0).abs() < 1e-12 && asked == 4);
    // The first answer counts, so all are right.
    assert_eq!(value(record.agreement.accuracy), (1.0, 4));
}

#[test]
fn unreadable_answers_are_told_from_calls_that_failed() {
    let because = |cause| Judgment::Unscored {
        reason: "why".into(),
        cause: Some(cause),
    };
    let failed = || {
        because(Cause::Failed {
            code: "connection".into(),
            retry_after_seconds: None,
        })
    };
    let mut items = vec![item(&[1.0], &[1.0]); 10];
    items[0].judgments = vec![because(Cause::Unreadable)];
    items[1].judgments = vec![failed()];
    items[2].judgments = vec![failed()];
    items[3].judgments = vec![unscored("the judges are divided")];
    let record = measure(LabelScale::VERDICT, &items).expect("finite");
    let reliability = &record.reliability;
    assert_eq!(value(reliability.unscored), (4.0 / 10.0, 10));
    assert_eq!(value(reliability.failed), (2.0 / 10.0, 10));
    assert_eq!(value(reliability.unreadable), (1.0 / 8.0, 8));
}

#[test]
fn a_share_of_none_still_has_an_interval() {
    let items = vec![item(&[1.0], &[1.0, 1.0]); 20];
    let record = measure(LabelScale::VERDICT, &items).expect("finite");
    let unscored = record.reliability.unscored.expect("a share");
    assert_eq!((unscored.value, unscored.n), (0.0, 20));
    assert!(unscored.interval.expect("an interval").high > 0.1);
}

#[test]
fn reasons_are_told_apart_up_to_a_bound() {
    let mut all = item(&[1.0], &[]);
    all.judgments = (0..100)
        .map(|at| unscored(&format!("reason {at}")))
        .collect();
    let record = measure(LabelScale::VERDICT, &[all]).expect("finite");
    assert_eq!(record.reliability.unscored_reasons.len(), 21);
    assert_eq!(record.reliability.unscored_reasons["other reasons"], 80);
    assert_eq!((record.compared, record.agreement.accuracy), (0, None));
}

#[test]
fn labels_that_are_no_numbers_are_errors() {
    for items in [item(&[f64::NAN], &[1.0]), item(&[1.0], &[f64::INFINITY])] {
        let error = measure(LabelScale::VERDICT, &[items]).expect_err("not finite");
        assert!(matches!(error, StatsError::NotFinite { .. }), "{error}");
    }
    let score = |value| {
        let values = BTreeMap::from([("correct".into(), value)]);
        Score::scored("exact", "2", Mode::V2, values)
    };
    assert_eq!(Judgment::of(&score(0.5), "correct"), Judgment::Value(0.5));
    let no_number = unscored("correct is no finite number");
    assert_eq!(Judgment::of(&score(f64::NAN), "correct"), no_number);
    let other = unscored("the score has no wrong");
    assert_eq!(Judgment::of(&score(0.5), "wrong"), other);
    let none = Score::unscored("exact", "2", Mode::V2, "why");
    assert_eq!(Judgment::of(&none, "correct"), unscored("why"));
}
