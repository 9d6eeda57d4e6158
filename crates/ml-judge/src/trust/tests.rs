//! Whether judges are trusted, and by which records.

mod gold;
mod measure;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use super::*;
use crate::stats::{Bootstrap, Estimate, Level, StatsError};
use crate::{Cause, Judging, Mode, Score};

fn item(labels: &[f64], judged: &[f64]) -> JudgedItem {
    JudgedItem {
        labels: labels.iter().copied().map(Some).collect(),
        judgments: judged.iter().copied().map(Judgment::Value).collect(),
        order_flips: Vec::new(),
    }
}

fn unscored(reason: &str) -> Judgment {
    let (reason, cause) = (reason.to_owned(), None);
    Judgment::Unscored { reason, cause }
}

fn measure(scale: LabelScale, items: &[JudgedItem]) -> Result<TrustRecord, StatsError> {
    let measurement = Measurement {
        bootstrap: Bootstrap {
            resamples: NonZeroUsize::new(300).expect("not zero"),
            ..Bootstrap::default()
        },
        ..Measurement::new(scale)
    };
    let subject = TrustSubject::heuristic("refusal", "2", Mode::V2);
    let gold = GoldIdentity {
        name: "gold.csv".into(),
        hash: "00".into(),
    };
    measurement.record(subject, gold, "2026-02-03T04:05:06Z", items)
}

/// A record of `n` items, each tenth of which is judged wrong.
fn record(n: usize) -> TrustRecord {
    let items: Vec<_> = (0..n)
        .map(|at| {
            let label = f64::from(u8::from(at % 2 == 0));
            let judged = if at % 10 == 0 { 1.0 - label } else { label };
            item(&[label], &[judged])
        })
        .collect();
    measure(LabelScale::VERDICT, &items).expect("finite")
}

#[track_caller]
fn untrusted(record: Option<&TrustRecord>, threshold: &TrustThreshold, expected: &str) {
    match Trust::of(record, threshold) {
        Trust::Untrusted { reason } => assert!(reason.contains(expected), "{reason}"),
        Trust::Trusted => panic!("it is trusted"),
    }
}

#[test]
fn trust_takes_enough_items_and_a_sure_agreement() {
    let threshold = TrustThreshold::default();
    assert!(Trust::of(Some(&record(400)), &threshold).is_trusted());
    untrusted(None, &threshold, "never measured");
    untrusted(
        Some(&record(49)),
        &threshold,
        "on 49 items, and 50 are needed",
    );
    untrusted(Some(&record(60)), &threshold, "and 0.667 is needed");
    let lower = TrustThreshold {
        alpha: 0.5,
        items: 20,
    };
    assert!(Trust::of(Some(&record(60)), &lower).is_trusted());
    untrusted(
        Some(&record(400)),
        &TrustThreshold {
            alpha: f64::NAN,
            ..threshold
        },
        "is needed",
    );
    let mut other = record(400);
    other.version += 1;
    untrusted(Some(&other), &threshold, "another version");
    let same = measure(LabelScale::VERDICT, &vec![item(&[1.0], &[1.0]); 60]).expect("finite");
    untrusted(Some(&same), &threshold, "do not vary");
    let mut items = vec![item(&[1.0], &[1.0]); 60];
    items[7] = item(&[0.0], &[0.0]);
    let single = measure(LabelScale::VERDICT, &items).expect("finite");
    untrusted(Some(&single), &threshold, "a single item");
}

#[test]
fn records_come_back_from_json_as_they_were() {
    let record = record(60);
    let json = serde_json::to_string(&record).expect("JSON");
    assert_eq!(
        serde_json::from_str::<TrustRecord>(&json).expect("a record"),
        record
    );
}

#[test]
fn a_subject_is_its_suite_and_judges_whatever_the_seed() {
    let judged = |seed: Option<u64>, temperature| {
        let mut score = Score::unscored("semantic", "1", Mode::V2, "");
        let mut judging = Judging::new("http", "judge", temperature, 1024);
        judging.seed = seed;
        score.judge = Some(judging);
        score
    };
    let key = |score: &Score| TrustSubject::of(score).key();
    assert_eq!(key(&judged(None, 0.0)), key(&judged(Some(7), 0.0)));
    assert_ne!(key(&judged(None, 0.0)), key(&judged(None, 0.5)));
    let heuristic = Score::unscored("semantic", "1", Mode::V2, "");
    assert_ne!(key(&judged(None, 0.0)), key(&heuristic));
    let mut panel = heuristic.clone();
    panel.members = vec![judged(None, 0.0), judged(None, 0.5)];
    assert_eq!(TrustSubject::of(&panel).judges.len(), 2);
    assert_eq!(
        TrustSubject::of(&heuristic),
        TrustSubject::heuristic("semantic", "1", Mode::V2)
    );
}
