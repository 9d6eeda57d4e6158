//! Columns, gold files, consensus, records and trust.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use proptest::prelude::*;

use super::*;
use crate::stats::{Bootstrap, Estimate, Level, StatsError};
use crate::{Cause, Judging, Mode, Score};

fn columns(list: &str) -> Columns {
    list.parse().expect("a list of columns")
}

fn gold(content: &str, format: Format, list: &str) -> Result<Gold, GoldError> {
    Gold::parse("gold", content.as_bytes(), format, &columns(list))
}

/// A row as its id, prompt, response, reference and labels.
type Row<'a> = (&'a str, &'a str, &'a str, Option<&'a str>, Vec<Option<f64>>);

#[track_caller]
fn check(content: &str, format: Format, list: &str, expected: &[Row<'_>]) {
    let gold = gold(content, format, list).expect("right");
    let row = |item: &GoldItem| {
        let (response, labels) = (item.response.clone(), item.labels.clone());
        (
            response.id,
            response.prompt,
            response.response,
            response.correct_answer,
            labels,
        )
    };
    let found: Vec<_> = gold.items.iter().map(row).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(id, prompt, response, reference, labels)| {
            let owned = |text: &str| text.to_owned();
            (
                owned(id),
                owned(prompt),
                owned(response),
                reference.map(owned),
                labels.clone(),
            )
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(
        gold.hash,
        blake3::hash(content.as_bytes()).to_hex().to_string()
    );
}

#[test]
fn csv_is_read_by_its_header() {
    check(
        "\u{feff}# version=1,,\n#\nid,question,answer,a,b,right\n\
         x,\"1, or 2?\",\"2\nlines\",0.5,,\ny,q,#3,yes,TRUE,4\n",
        Format::Csv,
        "id=id, prompt=question, response=answer, label=a, label=b, reference=right, yes:1",
        &[
            ("x", "1, or 2?", "2\nlines", None, vec![Some(0.5), None]),
            ("y", "q", "#3", Some("4"), vec![Some(1.0), Some(1.0)]),
        ],
    );
}

#[test]
fn json_lines_are_read_by_their_fields() {
    check(
        "{\"response\":\"r\",\"label\":true,\"more\":[]}\n\n{\"response\":\"s\",\"label\":null}\n\
         {\"response\":7,\"label\":\"-2\"}\n",
        Format::JsonLines,
        "",
        &[
            ("line 1", "", "r", None, vec![Some(1.0)]),
            ("line 3", "", "s", None, vec![None]),
            ("line 4", "", "7", None, vec![Some(-2.0)]),
        ],
    );
}

#[track_caller]
fn refused(content: &str, format: Format, list: &str, expected: &str) {
    let error = gold(content, format, list).expect_err("it is wrong");
    assert_eq!(error.to_string(), expected);
}

#[test]
fn what_is_wrong_with_a_file_is_named() {
    let (csv, json) = (Format::Csv, Format::JsonLines);
    let missing = "line 2 of gold has no \"label\"; it has response, score";
    refused("#\nresponse,score\nr,1\n", csv, "", missing);
    refused("#\nresponse,label\nr,maybe\n", csv, "", &label(3, "maybe"));
    refused("response,label\nr,inf\n", csv, "", &label(2, "inf"));
    refused("response,label\nr,1,2\n", csv, "", "read gold as CSV");
    refused(
        "{\"response\":\"r\",\"label\":[1]}",
        json,
        "",
        &label(1, "[1]"),
    );
    let fields = "line 1 of gold has no \"response\"; it has label";
    refused("{\"label\":1}", json, "", fields);
    let twice = "{\"id\":1,\"response\":\"\",\"label\":1}\n".repeat(2);
    refused(&twice, json, "id=id", "gold names a row twice");
    let broken = gold("{", json, "").expect_err("it is open");
    assert!(
        broken
            .to_string()
            .starts_with("line 1 of gold, column 1: EOF"),
        "{broken}"
    );
    let no_text = Gold::parse(
        "gold",
        b"response,label\n\xff,1\n",
        csv,
        &Columns::default(),
    );
    assert!(matches!(no_text, Err(GoldError::Csv { .. })), "{no_text:?}");
}

fn label(line: u64, label: &str) -> String {
    format!(
        "line {line} of gold, label: the label {label:?} is no number; say which it is, as in {label}:1"
    )
}

#[test]
fn lines_of_errors_are_those_of_the_file() {
    let error =
        gold("# a\n# b\nresponse,label\nr,1\ns\n", Format::Csv, "").expect_err("it is short");
    let GoldError::Csv { source, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(source.position().map(csv::Position::line), Some(5));
}

#[test]
fn a_file_is_opened_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.CSV"), "response,label\nr,1\n").expect("written");
    std::fs::write(path("a.jsonl"), "{\"response\":\"r\",\"label\":1}").expect("written");
    for name in ["a.CSV", "a.jsonl"] {
        let gold = Gold::open(&path(name), &Columns::default()).expect("right");
        assert_eq!(gold.items.len(), 1);
    }
    let error = |name: &str| Gold::open(&path(name), &Columns::default()).expect_err("wrong");
    assert!(matches!(error("a.txt"), GoldError::Format { .. }));
    assert!(matches!(error("none.csv"), GoldError::Read { .. }));
}

#[test]
fn lists_of_columns_name_each_thing_once() {
    let part = |part: &str| Err(ColumnsError::Part { part: part.into() });
    assert_eq!("labels=a".parse::<Columns>(), part("labels=a"));
    assert_eq!("yes".parse::<Columns>(), part("yes"));
    assert_eq!("yes:NaN".parse::<Columns>(), part("yes:NaN"));
    let twice = Err(ColumnsError::Twice { kind: "id".into() });
    assert_eq!("id=a,id=b".parse::<Columns>(), twice);
    assert_eq!(
        columns("a:b:1").values,
        BTreeMap::from([("a:b".into(), 1.0)])
    );
    assert_eq!(columns(" , "), Columns::default());
}

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

proptest! {
    #[test]
    fn no_content_of_a_file_panics(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        lines in prop::collection::vec("[#a-c,\"0-9\r\n{}:]{0,12}", 0..8),
    ) {
        for content in [bytes, format!("response,label\n{}", lines.join("\n")).into_bytes()] {
            for format in [Format::Csv, Format::JsonLines] {
                let read = Gold::parse("gold", &content, format, &Columns::default());
                if let Ok(gold) = read {
                    prop_assert!(gold.items.iter().all(|item| item.labels.len() == 1));
                }
            }
        }
    }

    #[test]
    fn what_was_written_as_csv_comes_back(rows in prop::collection::vec((".{0,20}", -9_i8..9), 0..10)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["response", "label"]).expect("written");
        for (response, label) in &rows {
            writer.write_record([response, &label.to_string()]).expect("written");
        }
        let content = writer.into_inner().expect("written");
        let gold = Gold::parse("gold", &content, Format::Csv, &Columns::default()).expect("right");
        let found: Vec<_> = gold.items.into_iter().map(|item| (item.response.response, item.labels)).collect();
        let expected: Vec<_> = rows.into_iter().map(|(text, label)| (text, vec![Some(f64::from(label))])).collect();
        prop_assert_eq!(found, expected);
    }
}
