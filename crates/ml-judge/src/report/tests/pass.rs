//! What several attempts say.

use super::*;

/// Attempts at prompts, as a run that asks each prompt in turn and then all again has them.
fn attempted(suite: &str, field: &str, prompts: &[&[f64]]) -> Report {
    let most = prompts.iter().map(|attempts| attempts.len()).max();
    let ids: Vec<_> = (0..prompts.len()).map(|at| format!("p{at}")).collect();
    let mut values = Vec::new();
    for epoch in 0..most.unwrap_or(0) {
        for (id, attempts) in ids.iter().zip(prompts) {
            values.extend(attempts.get(epoch).map(|value| (id.as_str(), *value)));
        }
    }
    report(suite, field, &values)
}

#[test]
fn attempts_at_prompts_have_both_rates_with_intervals() {
    // Of four attempts: all, half, none, one.
    let prompts: [&[f64]; 4] = [
        &[1.0, 1.0, 1.0, 1.0],
        &[1.0, 0.0, 1.0, 0.0],
        &[0.0, 0.0, 0.0, 0.0],
        &[0.0, 0.0, 1.0, 0.0],
    ];
    let report = attempted("exact", "correct", &prompts);
    let found: Vec<_> = report
        .passes
        .iter()
        .map(|rate| (rate.k, rate.pass_at_k.value, rate.pass_hat_k.value))
        .collect();
    // Of k = 2: 1 - C(2, 2) / C(4, 2) = 5/6 and C(2, 2) / C(4, 2) = 1/6 of the second prompt,
    // 1 - C(3, 2) / C(4, 2) = 1/2 and 0 of the fourth.
    let expected = [
        (
            1,
            (1.0 + 0.5 + 0.0 + 0.25) / 4.0,
            (1.0 + 0.5 + 0.0 + 0.25) / 4.0,
        ),
        (2, (1.0 + 5.0 / 6.0 + 0.5) / 4.0, (1.0 + 1.0 / 6.0) / 4.0),
        (4, 0.75, 0.25),
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.0, expected.0);
        close(found.1, expected.1);
        close(found.2, expected.2);
    }
    let last = &report.passes[2];
    let interval = last.pass_at_k.interval.expect("Wilson's");
    close(interval.low, 0.3006);
    close(interval.high, 0.9544);
    let middle = report.passes[1].pass_at_k.interval.expect("of resamples");
    assert!(middle.low < 0.58 && middle.high > 0.59, "{middle:?}");
    let row = &report.pass_rows()[2];
    assert_eq!((&*row.label, row.k, row.n), ("exact.correct", 4, 4));
    assert_eq!((&*row.pass_at_k, &*row.pass_hat_k), ("75.0 %", "25.0 %"));
    let html = report.html();
    assert!(html.contains("Several attempts") && html.contains("pass^k"));
    let mut json = Vec::new();
    report.write(&mut json).expect("written");
    assert_eq!(Report::read(&*json).expect("a report"), report);
}

#[test]
fn prompts_with_fewer_attempts_count_where_they_can() {
    let prompts: [&[f64]; 3] = [&[1.0, 1.0, 0.0], &[1.0], &[0.0, 1.0]];
    let report = attempted("probe", "correct", &prompts);
    let found: Vec<_> = report
        .passes
        .iter()
        .map(|rate| (rate.k, rate.pass_at_k.n, rate.without))
        .collect();
    assert_eq!(found, [(1, 3, 0), (2, 2, 1), (3, 1, 2)]);
    assert_eq!(report.pass_rows()[2].note, "2 prompts with fewer attempts");
}

#[test]
fn only_what_is_right_or_wrong_and_attempted_again_has_rates() {
    let twice: [&[f64]; 2] = [&[1.0, 0.0], &[1.0, 1.0]];
    for (suite, field) in [
        ("refusal", "refused"),
        ("heuristic", "empty_broken"),
        ("heuristic", "first_person"),
    ] {
        assert_eq!(attempted(suite, field, &twice).passes, [], "{suite}");
    }
    let once = attempted("exact", "correct", &[&[1.0], &[0.0]]);
    assert_eq!(once.passes, []);
    assert!(!once.html().contains("Several attempts"));
}

#[test]
fn repeated_judgements_of_a_users_verdict_are_attempts() {
    let judged = |value| {
        let mut score = scored("polite", &[("polite", value)]);
        score.judge = Some(Judging::new("http", "judge", 0.7, 256));
        score
    };
    let mut builder = ReportBuilder::new(run());
    for (index, values) in [[1.0, 0.0, 1.0], [1.0, 1.0, 1.0]].into_iter().enumerate() {
        let response = Response::new(format!("p{index}"), "", "an answer");
        let done = done(index as u64, response, values.map(judged).to_vec());
        builder.add(&done).expect("one rule");
    }
    let report = builder.finish("", &RunSummary::default());
    let last = report.passes.last().expect("there are repeats");
    assert_eq!((last.k, last.pass_at_k.n), (3, 2));
    close(last.pass_at_k.value, 1.0);
    close(last.pass_hat_k.value, 0.5);
    assert!(report.pass_rows()[0].note.starts_with("untrusted"));
}
