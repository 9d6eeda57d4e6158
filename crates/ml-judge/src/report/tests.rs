//! Reports of constructed runs.

mod compare;
mod html;
mod legacy;
mod pass;

use std::collections::BTreeMap;
use std::sync::Arc;

use inference_core::{Error, ErrorKind};

use super::*;
use crate::trust::TrustThreshold;
use crate::{
    Check, Done, Failure, Judging, Mode, Origin, Outcome, Probe, ProbeSet, Response, RunSummary,
    Score, Scored,
};

pub(super) fn run() -> RunDescription {
    RunDescription::new(RunKind::Score, Mode::V2, "2026-11-24T00:00:00Z")
}

pub(super) fn scored(suite: &str, fields: &[(&str, f64)]) -> Score {
    let values = fields
        .iter()
        .map(|(field, value)| ((*field).into(), *value));
    Score::scored(suite, "1", Mode::V2, values.collect())
}

pub(super) fn done(index: u64, response: Response, scores: Vec<Score>) -> Done {
    let scored = |score| Scored {
        score: Arc::new(score),
        origin: Origin::New,
    };
    Done {
        index,
        response,
        answer: None,
        scores: scores.into_iter().map(scored).collect(),
    }
}

/// An item of each id, with one field; one id's items are its epochs.
pub(super) fn report(suite: &str, field: &str, values: &[(&str, f64)]) -> Report {
    let mut builder = ReportBuilder::new(run());
    for (index, (id, value)) in (0..).zip(values) {
        let mut response = Response::new(*id, format!("prompt {id}"), format!("answer {value}"));
        let before = &values[..usize::try_from(index).expect("few")];
        let epoch = before.iter().filter(|(other, _)| other == id).count();
        response.epoch = u32::try_from(epoch).expect("few");
        let done = done(index, response, vec![scored(suite, &[(field, *value)])]);
        builder.add(&done).expect("one rule");
    }
    builder.finish("2026-11-24T00:01:00Z", &RunSummary::default())
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 5e-4, "{found} is not {expected}");
}

#[test]
fn verdicts_have_wilson_intervals() {
    let report = report(
        "exact",
        "correct",
        &[("a", 1.0), ("b", 0.0), ("c", 1.0), ("d", 1.0)],
    );
    let [mean] = &report.aggregates[..] else {
        panic!("there is one field: {:?}", report.aggregates);
    };
    assert_eq!((mean.kind, mean.estimate.n), (FieldKind::Verdict, 4));
    let interval = mean.estimate.interval.expect("an interval");
    close(mean.estimate.value, 0.75);
    close(interval.low, 0.3006);
    close(interval.high, 0.9544);
    let [row] = &report.rows()[..] else {
        panic!("there is one row");
    };
    assert_eq!((&*row.label, &*row.value), ("exact.correct", "75.0 %"));
    assert_eq!(row.interval, "30.1 – 95.4 %");
}

#[test]
fn what_failed_or_was_left_unscored_counts_in_no_mean_and_is_shown() {
    let mut builder = ReportBuilder::new(run());
    let right = scored("exact", &[("correct", 1.0)]);
    let open = Score::unscored("exact", "1", Mode::V2, "no reference");
    let nan = scored("exact", &[("correct", f64::NAN)]);
    let mut failed = done(3, Response::new("d", "", ""), Vec::new());
    failed.answer = Some(Err(Failure::Model(Error::new(ErrorKind::Timeout, "slow"))));
    for done in [
        done(0, Response::new("a", "", "1"), vec![right]),
        done(1, Response::new("b", "", "2"), vec![open]),
        done(2, Response::new("c", "", "3"), vec![nan]),
        failed,
    ] {
        builder.add(&done).expect("one rule");
    }
    let report = builder.finish("", &RunSummary::default());
    let [row] = &report.rows()[..] else {
        panic!("there is one row");
    };
    assert_eq!((row.n, &*row.value), (1, "100.0 %"));
    assert_eq!(row.note, "2 unscored; 1 without an answer");
    assert_eq!((report.counts.answered, report.counts.failures()), (3, 1));
    assert_eq!(report.counts.unscored_of("exact"), 2);
    assert_eq!(
        report.items[3].error.as_ref().expect("failed").message,
        "slow"
    );
}

#[test]
fn suites_that_scored_nothing_have_a_row_too() {
    let mut builder = ReportBuilder::new(run());
    let open = Score::unscored("semantic", "1", Mode::V2, "the judge said nothing");
    let done = done(0, Response::new("a", "", "1"), vec![open]);
    builder.add(&done).expect("one rule");
    let rows = builder.finish("", &RunSummary::default()).rows();
    assert_eq!((&*rows[0].label, &*rows[0].value), ("semantic", "–"));
    assert_eq!(rows[0].note, "1 unscored: the judge said nothing");
}

#[test]
fn answers_to_one_prompt_are_one_item_of_the_sample() {
    let values: Vec<_> = (0..40)
        .map(|at| {
            (
                ["a", "b", "c", "d"][at % 4],
                f64::from(u8::from(at % 4 > 1)),
            )
        })
        .collect();
    let report = report("exact", "correct", &values);
    let mean = &report.aggregates[0];
    assert_eq!((mean.estimate.n, mean.values), (4, 40));
    let interval = mean.estimate.interval.expect("an interval");
    // Wilson's of 2 of 4, and not of 20 of 40.
    close(interval.low, 0.1500);
    close(interval.high, 0.8500);
    assert_eq!(report.items[4].epoch, 1);
    assert_eq!(report.items[39].epoch, 9);

    let numbers = [("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 4.0)];
    let mean_of = |values: &[(&str, f64)]| {
        let aggregate = self::report("heuristic", "first_person", values)
            .aggregates
            .remove(0);
        (aggregate.estimate, aggregate.values)
    };
    let (once, _) = mean_of(&numbers);
    let (often, values) = mean_of(&numbers.repeat(10));
    assert_eq!((often.n, values), (4, 40));
    let (once, often) = (once.interval, often.interval);
    let (once, often) = once.zip(often).expect("two intervals");
    close(often.low, once.low);
    close(often.high, once.high);
}

#[test]
fn numbers_have_bootstrap_intervals_and_none_without_spread() {
    let spread: Vec<_> = ["a", "b", "c", "d", "e", "f"]
        .into_iter()
        .zip([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        .collect();
    let report_of = |values| {
        report("heuristic", "first_person", values)
            .aggregates
            .remove(0)
    };
    let mean = report_of(&spread);
    assert_eq!(mean.kind, FieldKind::Number);
    close(mean.estimate.value, 3.5);
    let interval = mean.estimate.interval.expect("an interval");
    assert!(interval.low > 1.5 && interval.low < 3.0, "{interval:?}");
    assert!(interval.high > 4.0 && interval.high < 5.5, "{interval:?}");
    assert_eq!(report_of(&[("a", 0.0), ("b", 0.0)]).estimate.interval, None);
}

#[test]
fn probes_bring_categories_and_right_answers() {
    let check = || serde_json::from_str::<Check>(r#"{"texts": ["yes"]}"#).expect("a check");
    let probes = [("a", "logic"), ("b", "logic"), ("c", "code")];
    let probe = |(id, category): (&str, &str)| Probe::new(id, category, "", check());
    let set = ProbeSet::new("toy", "1", probes.map(probe));
    let mut builder = ReportBuilder::new(run()).probes(&set);
    for (index, (id, value)) in [(2, ("c", 1.0)), (0, ("a", 1.0)), (1, ("b", 0.0))] {
        let scores = vec![scored("probe", &[("correct", value)])];
        builder
            .add(&done(index, Response::new(id, "", "x"), scores))
            .expect("one rule");
    }
    let report = builder.finish("", &RunSummary::default());
    let ids: Vec<_> = report.items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"], "the order is the source's");
    assert_eq!(report.items[0].expected, Some(check().expected()));
    assert_eq!(
        report.run.probes.as_ref().expect("named").version,
        set.version()
    );
    let rows = report.category_rows("probe", "correct");
    let cells: Vec<_> = rows
        .iter()
        .map(|row| (&*row.label, row.n, &*row.value))
        .collect();
    assert_eq!(
        cells,
        [
            ("code", 1, "100.0 %"),
            ("logic", 2, "50.0 %"),
            ("all", 3, "66.7 %")
        ]
    );
}

#[test]
fn scores_by_other_rules_or_judges_are_refused() {
    let judged = |model: &str| {
        let mut score = scored("semantic", &[("depth", 3.0)]);
        score.judge = Some(Judging::new("http", model, 0.0, 256));
        score
    };
    let mut seeded = judged("a");
    seeded.judge.as_mut().expect("a judge").seed = Some(7);
    let legacy = Score::scored("semantic", "1", Mode::Legacy202602, BTreeMap::new());
    let newer = Score::scored("semantic", "2", Mode::V2, BTreeMap::new());
    let knows_more = Score::scored("semantic", "1+ab", Mode::V2, BTreeMap::new());
    for (other, is_refused) in [
        (legacy, true),
        (newer, true),
        (judged("b"), true),
        (knows_more, false),
        (seeded, false),
    ] {
        let mut builder = ReportBuilder::new(run());
        let add = |builder: &mut ReportBuilder, score: &Score| {
            builder.add(&done(0, Response::default(), vec![score.clone()]))
        };
        add(&mut builder, &judged("a")).expect("the first");
        assert_eq!(add(&mut builder, &other).is_err(), is_refused, "{other:?}");
    }
}

#[test]
fn scores_of_a_judge_that_is_not_trusted_are_marked() {
    let mut score = scored("semantic", &[("depth", 3.0)]);
    score.judge = Some(Judging::new("http", "judge", 0.0, 256));
    let done = done(
        0,
        Response::default(),
        vec![score, scored("exact", &[("correct", 1.0)])],
    );
    let trust = SuiteTrust::new(None, &TrustThreshold::default());
    for builder in [
        ReportBuilder::new(run()),
        ReportBuilder::new(run()).trust("semantic", trust),
    ] {
        let mut builder = builder;
        builder.add(&done).expect("one rule");
        let rows = builder.finish("", &RunSummary::default()).rows();
        assert_eq!(rows[0].note, "");
        assert!(rows[1].note.starts_with("untrusted: it"), "{rows:?}");
    }
}

#[test]
fn reports_come_back_from_json_as_they_were() {
    let mut report = report("exact", "correct", &[("a", 1.0), ("b", 0.0)]);
    report.counts.seconds = 0.1 + 0.2;
    let mut json = Vec::new();
    report.write(&mut json).expect("written");
    assert_eq!(Report::read(&*json).expect("a report"), report);
    report.format = Report::FORMAT + 1;
    let mut json = Vec::new();
    report.write(&mut json).expect("written");
    let error = Report::read(&*json).expect_err("it is newer").to_string();
    assert!(error.contains("format 2"), "{error}");
}

#[test]
fn what_is_no_report_is_refused() {
    for text in [
        "",
        "{}",
        "[]",
        "{\"format\": 1}",
        "{\"format\": -1}",
        "\u{0}",
    ] {
        let error = Report::read(text.as_bytes()).expect_err("it is none");
        assert!(matches!(error, ReportError::Json(_)), "{text:?}: {error}");
    }
    let mut mixed = report("exact", "correct", &[("a", 1.0), ("b", 0.0)]);
    mixed.items[1].scores[0].mode = Mode::Legacy202602;
    let mut json = Vec::new();
    mixed.write(&mut json).expect("written");
    let error = Report::read(&*json).expect_err("it mixes modes");
    assert!(matches!(error, ReportError::Mixed { .. }), "{error}");
}

#[test]
fn huge_texts_are_cut_between_characters() {
    let text = "ż".repeat(ReportItem::MAX_TEXT);
    let mut builder = ReportBuilder::new(run());
    let done = done(0, Response::new("a", "", text), Vec::new());
    builder.add(&done).expect("no rule");
    let report = builder.finish("", &RunSummary::default());
    let kept = &report.items[0].response;
    assert!(kept.len() <= ReportItem::MAX_TEXT && kept.ends_with("ż…"));
}

#[test]
fn repeated_scores_of_an_answer_are_averaged() {
    let mut report = report("exact", "correct", &[("a", 1.0)]);
    report.items[0]
        .scores
        .push(scored("exact", &[("correct", 0.0)]));
    report.items[0]
        .scores
        .push(Score::new("exact", "1", Mode::V2, Outcome::unscored("-")));
    assert_eq!(report.items[0].value("exact", "correct"), Some(0.5));
    assert_eq!(report.items[0].value("exact", "other"), None);
}
