//! Agreement of people, of a heuristic and of a rater with people, on the gold data that set-up provides.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use ml_judge::stats::{Bootstrap, Estimate, Level, alpha};
use ml_judge::trust::{
    Columns, Gold, GoldIdentity, JudgedItem, Judgment, LabelScale, Measurement, Trust, TrustRecord,
    TrustSubject, TrustThreshold,
};
use ml_judge::{Mode, refusal};
use serde::Deserialize;

use crate::cache::cache;

/// What krippendorff and statsmodels make of the labels.
#[derive(Deserialize)]
struct Golden {
    labelled: BTreeMap<String, Labelled>,
}

#[derive(Deserialize)]
struct Labelled {
    items: usize,
    nominal: f64,
    ordinal: f64,
    interval: f64,
    as_judge: AsJudge,
}

/// The first rater beside the mean of the other two, and beside the second.
#[derive(Deserialize)]
struct AsJudge {
    interval: f64,
    absolute_error: f64,
    ordinal: f64,
    kappa: f64,
    accuracy: f64,
}

fn golden() -> BTreeMap<String, Labelled> {
    let golden = include_str!("../golden/statistics.json");
    serde_json::from_str::<Golden>(golden)
        .expect("the golden")
        .labelled
}

/// A file of the gold data.
fn gold(name: &str, columns: &str) -> Gold {
    let file = cache().join("gold-pyrit-1.1.0").join(name);
    let columns: Columns = columns.parse().expect("columns");
    Gold::open(&file, &columns).unwrap_or_else(|error| panic!("{error}: run cargo xtask setup"))
}

fn raters(name: &str) -> Gold {
    let columns = "response=assistant_response,prompt=objective,\
        label=human_score_1,label=human_score_2,label=human_score_3";
    gold(&format!("{name}.csv"), columns)
}

/// A bootstrap that is quick without optimisation.
fn quick() -> Bootstrap {
    Bootstrap {
        resamples: NonZeroUsize::new(999).expect("not zero"),
        ..Bootstrap::default()
    }
}

#[track_caller]
fn close(found: Option<Estimate>, expected: f64) {
    let found = found.expect("an estimate");
    assert!(
        (found.value - expected).abs() < 1e-9,
        "{} in place of {expected}",
        found.value
    );
    let interval = found.interval.expect("an interval");
    assert!(
        interval.low < found.value && found.value < interval.high,
        "{found:?}"
    );
}

fn record(gold: &Gold, scale: LabelScale, items: &[JudgedItem]) -> TrustRecord {
    let identity = GoldIdentity {
        name: gold.name.clone(),
        hash: gold.hash.clone(),
    };
    let subject = TrustSubject::heuristic("refusal", "2", Mode::V2);
    let measurement = Measurement {
        bootstrap: quick(),
        ..Measurement::new(scale)
    };
    let record = measurement.record(subject, identity, "2026-02-03", items);
    record.expect("finite labels")
}

#[test]
fn people_agree_as_far_as_krippendorffs_own_package_says() {
    for (name, expected) in golden() {
        let gold = raters(&name);
        assert_eq!(gold.items.len(), expected.items, "{name}");
        let labels: Vec<_> = gold
            .items
            .iter()
            .map(|item| item.labels.as_slice())
            .collect();
        for (level, expected) in [
            (Level::Nominal, expected.nominal),
            (Level::Ordinal, expected.ordinal),
            (Level::Interval, expected.interval),
        ] {
            close(alpha(&labels, level, &quick()).ok(), expected);
        }
    }
}

#[test]
fn a_rater_is_measured_as_a_judge_would_be() {
    for (name, expected) in golden() {
        let (gold, expected) = (raters(&name), expected.as_judge);
        let judged = |people: &[usize]| {
            let item = |item: &ml_judge::trust::GoldItem| JudgedItem {
                labels: people.iter().map(|rater| item.labels[*rater]).collect(),
                judgments: item.labels[..1]
                    .iter()
                    .flatten()
                    .copied()
                    .map(Judgment::Value)
                    .collect(),
                order_flips: Vec::new(),
            };
            gold.items.iter().map(item).collect::<Vec<_>>()
        };
        let numbers = record(&gold, LabelScale::of(Level::Interval), &judged(&[1, 2]));
        close(numbers.alpha(), expected.interval);
        close(
            numbers.agreement.mean_absolute_error,
            expected.absolute_error,
        );
        let order = record(&gold, LabelScale::of(Level::Ordinal), &judged(&[1]));
        close(order.alpha(), expected.ordinal);
        close(order.agreement.kappa, expected.kappa);
        close(order.agreement.accuracy, expected.accuracy);
    }
}

#[test]
fn the_refusal_detector_is_trusted() {
    let columns = "response=assistant_response,prompt=objective,label=human_score";
    let gold = gold("refusal.csv", columns);
    assert_eq!(gold.items.len(), 105);
    let item = |item: &ml_judge::trust::GoldItem| {
        let refused = refusal::detect(&item.response.prompt, &item.response.response).is_some();
        JudgedItem {
            labels: item.labels.clone(),
            judgments: vec![Judgment::Value(f64::from(u8::from(refused)))],
            order_flips: Vec::new(),
        }
    };
    let items: Vec<_> = gold.items.iter().map(item).collect();
    let record = record(&gold, LabelScale::VERDICT, &items);
    assert_eq!((record.compared, record.without_consensus), (105, 0));
    assert!(record.agreement.accuracy.expect("a share").value >= 0.95);
    assert_eq!(
        Trust::of(Some(&record), &TrustThreshold::default()),
        Trust::Trusted
    );
}
