//! Comparisons of constructed runs.

use super::*;

/// A value for each of so many prompts.
fn values(count: usize, value: impl Fn(usize) -> f64) -> Vec<(String, f64)> {
    (0..count).map(|at| (format!("p{at}"), value(at))).collect()
}

fn field(
    suite: &str,
    field: &str,
    first: &[(String, f64)],
    second: &[(String, f64)],
) -> FieldComparison {
    let of = |values: &[(String, f64)]| {
        let values: Vec<_> = values
            .iter()
            .map(|(id, value)| (id.as_str(), *value))
            .collect();
        report(suite, field, &values)
    };
    let mut comparison = compare(&of(first), &of(second)).expect("they can be compared");
    assert_eq!(comparison.fields.len(), 1);
    comparison.fields.remove(0)
}

fn wobble(at: usize) -> f64 {
    [0.3, -0.2, 0.1, -0.4, 0.2, 0.0, -0.1, 0.1][at % 8]
}

#[test]
fn more_right_answers_are_better_and_fewer_are_worse() {
    let few = values(40, |at| f64::from(u8::from(at < 10)));
    let many = values(40, |at| f64::from(u8::from(at < 30)));
    let better = field("exact", "correct", &few, &many);
    assert_eq!(better.change, Change::Better);
    close(better.difference.value, 0.5);
    let interval = better.difference.interval.expect("an interval");
    // Agresti and Min by hand: 20/42 and 1.96 sqrt(21 - 400/42) / 42.
    close(interval.low, 0.3182);
    close(interval.high, 0.6342);
    // McNemar's mid-p of 0 against 20: half to the power of 20.
    assert!((better.p - 0.5_f64.powi(20)).abs() < 1e-12, "{}", better.p);
    assert_eq!(field("exact", "correct", &many, &few).change, Change::Worse);
}

#[test]
fn less_of_what_is_bad_is_better() {
    let much = values(30, |at| 3.0 + wobble(at));
    let little = values(30, |at| 1.0 + wobble(at / 2));
    let field_of = |name: &str| field("heuristic", name, &much, &little);
    assert_eq!(field_of("degeneration").change, Change::Better);
    assert_eq!(field_of("engagement_depth").change, Change::Worse);
    let unknown = field("mine", "mood", &much, &little);
    assert_eq!(
        (unknown.direction, unknown.change),
        (Direction::Unknown, Change::Different)
    );
    assert!(unknown.effect.expect("they vary") < -1.0);
}

#[test]
fn noise_is_told_from_nothing() {
    let calm = values(40, |at| 3.0 + wobble(at));
    let other = values(40, |at| 3.0 + wobble(at + 3));
    let noise = field("heuristic", "lek_score", &calm, &other);
    assert_eq!(noise.change, Change::CannotTell);
    assert!(noise.p > 0.5, "{}", noise.p);
    assert!(noise.detectable.expect("it varies") > 0.05);
    let same = field("heuristic", "lek_score", &calm, &calm);
    assert_eq!((same.p, same.change), (1.0, Change::CannotTell));
    assert_eq!(
        (same.difference.interval, same.effect, same.detectable),
        (None, None, None)
    );
}

#[test]
fn p_values_are_corrected_for_the_number_of_fields() {
    let report_of = |correct: &dyn Fn(usize) -> f64| {
        let mut builder = ReportBuilder::new(run());
        for at in 0..20 {
            let fields = [
                ("a", correct(at)),
                ("b", 0.0),
                ("c", f64::from(u8::from(at == 0))),
            ];
            let response = Response::new(format!("p{at}"), "", "x");
            let done = done(at as u64, response, vec![scored("mine", &fields)]);
            builder.add(&done).expect("one rule");
        }
        builder.finish("", &RunSummary::default())
    };
    let first = report_of(&|_| 0.0);
    let right = |count| report_of(&|at| f64::from(u8::from(at < count)));
    let comparison = compare(&first, &right(5)).expect("they can be compared");
    let field = &comparison.fields[0];
    // Half to the power of 5, less than 0.05 alone, but not with Holm's factor of 3.
    close(field.p, 0.031_25);
    close(field.adjusted_p, 0.093_75);
    assert_eq!(field.change, Change::CannotTell);
    let comparison = compare(&first, &right(6)).expect("they can be compared");
    let field = &comparison.fields[0];
    // Half to the power of 6, less than 0.05 alone and with Holm's factor of 3.
    close(field.p, 0.015_625);
    close(field.adjusted_p, 0.046_875);
    assert_eq!(field.change, Change::Different);
    let row = &comparison.rows()[0];
    assert_eq!((&*row.p, &*row.difference), ("0.047", "+30.0 pp"));
    assert_eq!(comparison.rows()[1].difference, "0.0 pp");
    let json = serde_json::to_string(&comparison).expect("JSON");
    assert_eq!(
        serde_json::from_str::<RunComparison>(&json).expect("a comparison"),
        comparison
    );
}

#[test]
fn prompts_are_paired_by_id_and_text() {
    let first = report(
        "exact",
        "correct",
        &[("a", 1.0), ("b", 1.0), ("b", 0.0), ("c", 1.0)],
    );
    let mut second = report(
        "exact",
        "correct",
        &[("b", 1.0), ("a", 1.0), ("d", 1.0), ("c", 0.0)],
    );
    second.items[3].prompt = "another".into();
    let comparison = compare(&first, &second).expect("they can be compared");
    assert_eq!(comparison.pairs, 2);
    assert_eq!(
        (comparison.only_first.count, &*comparison.only_first.ids),
        (1, &["c".to_owned()][..])
    );
    assert_eq!(comparison.only_second.ids, ["d", "c"]);
    let field = &comparison.fields[0];
    // Half of b's answers were right.
    assert!(matches!(field.test, PairedTest::Permutation(_)));
    close(field.difference.value, 0.25);
}

#[test]
fn what_was_scored_otherwise_is_left_out_with_the_reason() {
    let first = report("exact", "correct", &[("a", 1.0), ("b", 1.0)]);
    let mut second = first.clone();
    second.suites[0].mode = Mode::Legacy202602;
    let error = compare(&first, &second).expect_err("nothing is left");
    assert!(error.to_string().contains("legacy-2026-02"), "{error}");

    let mut changed = first.clone();
    changed.items[0].scores[0].version = "1+changed".into();
    let comparison = compare(&first, &changed).expect("b is the same");
    assert_eq!(
        (comparison.fields[0].n, comparison.fields[0].without_value),
        (1, 1)
    );
    changed.items[1].scores[0].version = "1+changed".into();
    let error = compare(&first, &changed).expect_err("nothing is left");
    assert!(error.to_string().contains("other probes"), "{error}");
}

#[test]
fn what_only_one_run_has_is_left_out_and_never_counts_as_zero() {
    let report_of = |suites: &[&str], open: &str| {
        let mut builder = ReportBuilder::new(run());
        for (index, id) in (0..).zip(["a", "b", "c"]) {
            let score = |suite: &&str| match *suite {
                "exact" if id == open => Score::unscored(*suite, "1", Mode::V2, "no reference"),
                suite => scored(suite, &[("correct", 1.0)]),
            };
            let scores = suites.iter().map(score).collect();
            let done = done(index, Response::new(id, "", "x"), scores);
            builder.add(&done).expect("one rule");
        }
        builder.finish("", &RunSummary::default())
    };
    let (more, less) = (
        report_of(&["exact", "mine"], "-"),
        report_of(&["exact"], "b"),
    );
    for (first, second, only) in [
        (&more, &less, "only the first run has it"),
        (&less, &more, "only the second run has it"),
    ] {
        let comparison = compare(first, second).expect("they can be compared");
        let [field] = &comparison.fields[..] else {
            panic!("there is one field: {:?}", comparison.fields);
        };
        assert_eq!((field.n, field.without_value), (2, 1));
        assert_eq!(
            (field.difference.value, field.change),
            (0.0, Change::CannotTell)
        );
        let [left] = &comparison.left_out[..] else {
            panic!("one suite is left out: {:?}", comparison.left_out);
        };
        assert_eq!((&*left.suite, &*left.reason), ("mine", only));
    }
}

#[test]
fn reports_without_a_common_prompt_or_of_several_models_are_refused() {
    let first = report("exact", "correct", &[("a", 1.0)]);
    let other = report("exact", "correct", &[("b", 1.0)]);
    let expected = CompareError::NoPairs {
        first: 1,
        second: 1,
    };
    assert_eq!(compare(&first, &other), Err(expected));
    let mut several = report("exact", "correct", &[("a", 1.0), ("b", 1.0)]);
    several.items[1].model = "another".into();
    let expected = CompareError::SeveralModels {
        which: "second",
        models: 2,
    };
    assert_eq!(compare(&first, &several), Err(expected));
}
