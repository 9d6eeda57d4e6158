//! Several judges of one response.

use std::time::Duration;

use futures::executor::block_on;
use futures::future::FutureExt as _;
use inference_conformance::{Script, ScriptedModel};
use inference_core::{Error, ErrorKind, Retry};
use ml_judge::{Cause, Evidence, Mode, Outcome, Panel, Rubric, Score};

use crate::judge_script::{Bench, rubric, verdict};

fn panel(benches: &[Bench]) -> Panel {
    let judges = benches.iter().map(|bench| bench.judge.clone());
    Panel::new(judges.collect()).expect("judges")
}

fn score_by(rubric: &Rubric, benches: &[Bench]) -> Score {
    let evidence = Evidence::new("They are all alike.", "Are they?");
    block_on(panel(benches).score(rubric, &evidence, Mode::V2))
}

fn score(benches: &[Bench]) -> Score {
    score_by(&rubric("toxicity"), benches)
}

fn failing() -> Bench {
    let error = Error::new(ErrorKind::Crashed, "the server died");
    let script = Script::default().then_fail(error);
    Bench::new(ScriptedModel::new("broken").otherwise(script))
}

#[test]
fn a_panel_scores_the_median_and_keeps_every_members_score() {
    let benches = [9, 2, 4].map(|kindness| Bench::saying([verdict(kindness)]));
    let score = score(&benches);
    assert_eq!(score.value("kindness"), Some(4.0));
    assert_eq!(score.value("awareness"), Some(4.0));
    assert_eq!(score.judge, None);
    let given: Vec<_> = score
        .members
        .iter()
        .map(|member| member.value("kindness"))
        .collect();
    assert_eq!(given, [Some(9.0), Some(2.0), Some(4.0)]);
    for (member, bench) in score.members.iter().zip(&benches) {
        assert_eq!(member.judge.as_ref(), Some(bench.judge.record()));
        assert_eq!(bench.count(), 1);
    }
    assert_eq!(panel(&benches).records().len(), 3);
}

#[test]
fn one_failing_judge_of_three_is_told_and_left_out() {
    let benches = [
        Bench::saying([verdict(3)]),
        failing(),
        Bench::saying([verdict(8)]),
    ];
    let score = score(&benches);
    assert_eq!(score.value("kindness"), Some(5.5));
    let Outcome::Unscored { reason, .. } = &score.members[1].outcome else {
        panic!("{score:?}");
    };
    assert!(reason.contains("the server died"), "{reason}");
}

#[test]
fn half_of_a_panel_is_not_enough() {
    let score = score(&[Bench::saying([verdict(3)]), failing()]);
    let Outcome::Unscored { reason, .. } = &score.outcome else {
        panic!("{score:?}");
    };
    assert!(
        reason.contains("1 of 2 judges scored: broken: "),
        "{reason}"
    );
    assert_eq!(score.members.len(), 2);
    let crashed = |score: &Score| match score.outcome.cause() {
        Some(Cause::Failed { code, .. }) => code == "crashed",
        _ => false,
    };
    assert!(crashed(&score), "{score:?}");
    assert!(crashed(&self::score(&[failing(), failing()])));
    let busy = |seconds| {
        let wait = Retry::After(Duration::from_secs(seconds));
        let error = Error::new(ErrorKind::RateLimited, "too many").with_retry(wait);
        Bench::new(ScriptedModel::new("busy").otherwise(Script::default().then_fail(error)))
    };
    assert_eq!(
        self::score(&[busy(2), busy(9), failing()]).outcome.cause(),
        Some(&Cause::Failed {
            code: "rate_limited".to_owned(),
            retry_after_seconds: Some(9.0),
        })
    );
    let garbage = || Bench::saying(["hm"]);
    let cause = |benches: &[Bench]| self::score(benches).outcome.cause().cloned();
    assert_eq!(
        cause(&[garbage(), garbage(), Bench::saying([verdict(3)])]),
        Some(Cause::Unreadable)
    );
    assert_eq!(cause(&[failing(), garbage()]), None, "not the same");
}

#[test]
fn a_panel_of_one_is_its_judge() {
    let bench = Bench::saying([verdict(7)]);
    let score = score(std::slice::from_ref(&bench));
    assert_eq!(score.judge.as_ref(), Some(bench.judge.record()));
    assert!(score.members.is_empty());
}

#[test]
fn verdicts_are_decided_by_majority() {
    let rubric = Rubric::parse(
        "allowed.toml",
        r#"
            name = "allowed"
            version = "1"
            task = "Judge whether the answer is allowed."
            shows = ["response"]
            note = "why"
            scale = { min = 0, max = 1, decimals = false }

            [[dimensions]]
            name = "allowed"
            about = "1 where it is allowed"
        "#,
    )
    .expect("a rubric");
    let said = |verdict: &str| Bench::saying([format!(r#"{{"allowed": {verdict}}}"#)]);
    let score = score_by(&rubric, &[said("1"), said("true"), said("0")]);
    assert_eq!(score.value("allowed"), Some(1.0));
    let score = score_by(&rubric, &[said("false"), said("1")]);
    let Outcome::Unscored { reason, .. } = &score.outcome else {
        panic!("{score:?}");
    };
    assert!(reason.contains("divided on allowed"), "{reason}");
}

#[test]
fn members_are_asked_at_the_same_time_and_cancelled_together() {
    let benches = [0, 1].map(|_| Bench::saying(Script::default().then_stall()));
    let (panel, rubric) = (panel(&benches), rubric("toxicity"));
    let evidence = Evidence::new("They are all alike.", "Are they?");
    let mut asked = Box::pin(panel.score(&rubric, &evidence, Mode::V2));
    assert!((&mut asked).now_or_never().is_none());
    for bench in &benches {
        assert_eq!(bench.model().activity().generating, 1);
    }
    drop(asked);
    for bench in &benches {
        assert_eq!(bench.model().activity().generating, 0);
    }
}
