//! The checks on models that keep the contract, and on models that do not.

use std::sync::Arc;
use std::thread;

use futures::executor::block_on;
use inference_conformance::{Check, Kind, Outcome, PlainSubject, ScriptedSubject, check_all};

use crate::broken::BrokenSubject;

#[test]
fn the_scripted_model_passes_every_check() {
    let report = block_on(check_all(&ScriptedSubject::new()));
    for (check, outcome) in report.outcomes() {
        assert_eq!(*outcome, Outcome::Passed, "{check}");
    }
    for kind in [Kind::InProcess, Kind::Http, Kind::Process] {
        report.require(kind);
    }
}

#[test]
fn every_broken_model_is_caught_by_its_check_alone() {
    thread::scope(|scope| {
        for bug in Check::ALL {
            scope.spawn(move || is_caught(bug));
        }
    });
}

fn is_caught(bug: Check) {
    let report = block_on(check_all(&BrokenSubject::new(bug)));
    assert_eq!(report.failed(), [bug], "\n{report}");
    assert_eq!(report.not_exercised(), [], "\n{report}");
    let text = report.to_string();
    assert!(text.contains(bug.demand()), "{text}");
    let error = report.verify(Kind::Http).expect_err("something failed");
    assert!(error.to_string().contains(bug.name()), "{error}");
}

#[test]
fn one_check_runs_alone() {
    let subject = BrokenSubject::new(Check::Utf8);
    assert_eq!(block_on(Check::Finish.run(&subject)), Outcome::Passed);
    let Outcome::Failed { found } = block_on(Check::Utf8.run(&subject)) else {
        panic!("the bug was not found");
    };
    assert!(found.contains("\u{fffd}"), "{found}");
}

#[test]
fn what_a_subject_cannot_show_is_listed_and_missed() {
    let report = block_on(check_all(&PlainSubject::new(Arc::new(
        ScriptedSubject::scripted(),
    ))));
    assert_eq!(report.failed(), [], "\n{report}");
    let missing = report.not_exercised();
    for check in [
        Check::Lazy,
        Check::DropCancels,
        Check::SlowReader,
        Check::Cut,
        Check::Crash,
        Check::Close,
        Check::CloseEndsStreams,
    ] {
        assert!(missing.contains(&check), "{check}");
    }
    let error = report
        .verify(Kind::Http)
        .expect_err("much is missing")
        .to_string();
    assert!(
        error.contains("not exercised  cut: the subject cannot provoke Cut"),
        "{error}"
    );
    assert!(!error.contains("crash"), "{error}");
    let error = report
        .verify(Kind::Process)
        .expect_err("a crash is missing");
    assert!(error.to_string().contains("crash"), "{error}");
}

#[test]
fn two_subjects_complete_each_other() {
    let plain = || {
        let model = Arc::new(ScriptedSubject::scripted());
        block_on(check_all(&PlainSubject::new(model)))
    };
    let whole = block_on(check_all(&ScriptedSubject::new()));
    plain().merge(whole.clone()).require(Kind::Http);
    whole.clone().merge(plain()).require(Kind::Http);
    let broken = block_on(check_all(&BrokenSubject::new(Check::Finish)));
    assert_eq!(
        whole.clone().merge(broken.clone()).failed(),
        [Check::Finish]
    );
    assert_eq!(broken.merge(whole).failed(), [Check::Finish]);
}

#[test]
#[should_panic(expected = "max_tokens: with max_tokens 1, a long answer ended with Stop")]
fn requiring_panics_with_what_failed() {
    block_on(check_all(&BrokenSubject::new(Check::MaxTokens))).require(Kind::Http);
}

#[test]
fn names_and_demands_are_distinct() {
    let mut names: Vec<_> = Check::ALL.map(Check::name).into();
    let mut demands: Vec<_> = Check::ALL.map(Check::demand).into();
    for list in [&mut names, &mut demands] {
        list.sort_unstable();
        list.dedup();
        assert_eq!(list.len(), Check::ALL.len());
    }
}
