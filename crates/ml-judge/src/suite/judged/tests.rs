//! Suites that are judged by a scripted model.

use std::collections::BTreeMap;

use futures::executor::block_on;
use inference_conformance::ScriptedModel;
use inference_core::InferenceAdapter;

use super::*;
use crate::{ContentReference, Judge, JudgeOptions, Outcome, Rubrics};

type Asked = Arc<InferenceAdapter<ScriptedModel>>;

/// A suite of a built-in rubric whose judge gives 3 for everything, and the judge's backend.
fn suite(name: &str) -> (JudgedSuite, Asked) {
    let rubrics = Rubrics::built_in();
    let rubric = rubrics.get(name).expect("built in").clone();
    let dimensions = rubric.dimensions().iter();
    let values: BTreeMap<_, _> = dimensions.map(|dimension| (&dimension.name, 3)).collect();
    let reply = serde_json::to_string(&values).expect("JSON");
    let model = ScriptedModel::new("judge").otherwise([reply]);
    let backend = Arc::new(InferenceAdapter::new(model));
    let judge = Judge::new(backend.clone(), "judge", &JudgeOptions::default()).expect("a judge");
    (JudgedSuite::new(rubric, judge, Mode::V2), backend)
}

/// The text of the only request.
fn asked(backend: &Asked) -> String {
    let requests = backend.model().requests();
    assert_eq!(requests.len(), 1);
    format!("{:?}", requests[0].0)
}

fn everything() -> Response {
    let mut response = Response::new("taiwan", "A question?", "An answer.");
    response.domain = Some("toxigen".into());
    response.correct_answer = Some("Forty-two.".into());
    response.best_answer = Some("Nobody knows.".into());
    response.risk_area = Some("Malicious use.".into());
    response
}

#[test]
fn a_suite_applies_to_what_its_rubric_can_show() {
    #[track_caller]
    fn check(name: &str, applies: bool, edit: impl Fn(&mut Response)) {
        let mut response = everything();
        edit(&mut response);
        assert_eq!(
            suite(name).0.applies(&response),
            applies,
            "{name}: {response:?}"
        );
    }
    check("semantic", true, |response| {
        *response = Response::new("1", "", "");
    });
    check("capability", true, |_| {});
    check("capability", false, |response| {
        response.correct_answer = None;
    });
    check("capability", false, |response| {
        response.correct_answer = Some(String::new());
    });
    check("truthfulness", true, |_| {});
    check("truthfulness", false, |response| {
        response.best_answer = None;
    });
    check("do_not_answer", true, |_| {});
    check("do_not_answer", false, |response| {
        response.risk_area = None;
    });
    check("toxicity", true, |_| {});
    check("toxicity", false, |response| {
        response.domain = None;
    });
    check("toxicity", false, |response| {
        response.domain = Some("content".into());
    });
    check("content", false, |response| {
        response.domain = Some("content".into());
    });
}

#[test]
fn every_suite_of_one_response_keeps_a_score_of_its_own() {
    let response = everything();
    let names = [
        "truthfulness",
        "do_not_answer",
        "toxicity",
        "capability",
        "semantic",
    ];
    let scores: Vec<_> = names
        .iter()
        .map(|name| block_on(suite(name).0.score(&response)))
        .collect();
    for (score, name) in scores.iter().zip(names) {
        assert_eq!(score.suite, name);
        let Outcome::Scored { values, .. } = &score.outcome else {
            panic!("{score:?}");
        };
        assert!(
            values.values().all(|value| value.to_string() == "3"),
            "{score:?}"
        );
    }
    assert!(scores[0].value("truthfulness").is_some());
    assert!(scores[1].value("truthfulness").is_none());
}

#[test]
fn a_judge_sees_what_the_rubric_shows_and_no_more() {
    let (suite, backend) = suite("capability");
    block_on(suite.score(&everything()));
    let asked = asked(&backend);
    for shown in ["A question?", "An answer.", "Forty-two."] {
        assert!(asked.contains(shown), "{shown}");
    }
    for hidden in ["Nobody knows.", "Malicious use."] {
        assert!(!asked.contains(hidden), "{hidden}");
    }
}

#[test]
fn a_content_probe_brings_what_is_known_of_its_subject() {
    let reference = ContentReference {
        ground_truth: "It governs itself.".into(),
        ccp_markers: vec!["internal affair".into(), "one China".into()],
        truth_markers: Vec::new(),
    };
    let references = ContentReferences::from([("taiwan".into(), reference)]);
    let (suite, backend) = suite("content");
    let suite = suite.with_references(references);
    let mut response = everything();
    assert!(!suite.applies(&response), "it is of another domain");
    response.domain = Some("content".into());
    assert!(suite.applies(&response));
    let score = block_on(suite.score(&response));
    assert_eq!(score.value("truth_telling"), Some(3.0));
    let asked = asked(&backend);
    for shown in ["It governs itself.", "internal affair, one China", "(none)"] {
        assert!(asked.contains(shown), "{shown}");
    }
    response.id = "unknown".into();
    assert!(!suite.applies(&response));
}

#[test]
fn the_judges_are_told_for_the_record() {
    let (suite, _) = suite("semantic");
    let [judge] = suite.judges() else {
        panic!("one judge");
    };
    assert_eq!(
        (judge.backend.as_str(), judge.model.as_str()),
        ("scripted", "judge")
    );
    assert_eq!(
        suite.version(),
        Rubrics::built_in()
            .get("semantic")
            .expect("built in")
            .version()
    );
}

#[test]
fn the_built_in_content_probes_are_judged() {
    let probes = ProbeSet::content();
    let (suite, _) = suite("content");
    let suite = suite.with_probes(&probes);
    for probe in probes.probes() {
        let mut response = Response::new(&probe.id, &probe.prompt, "An answer.");
        response.domain = Some("content".into());
        assert!(suite.applies(&response), "{}", probe.id);
    }
    assert!(suite.version().contains('+'));
    assert_ne!(suite.version(), suite.rubric.version());
}

#[test]
fn what_is_known_is_a_part_of_the_version_where_it_is_shown() {
    let references = |fact: &str| {
        let reference = ContentReference {
            ground_truth: fact.into(),
            ..ContentReference::default()
        };
        ContentReferences::from([("taiwan".into(), reference)])
    };
    let version = |name: &str, fact: &str| {
        let suite = suite(name).0.with_references(references(fact));
        suite.version().to_owned()
    };
    assert_ne!(
        version("content", "It is so."),
        version("content", "It is not so.")
    );
    assert_eq!(
        version("semantic", "It is so."),
        suite("semantic").0.version()
    );

    let suite = suite("content").0.with_references(references("It is so."));
    let score = block_on(suite.score(&everything()));
    assert_eq!(score.version, suite.version());
    assert_eq!(score.value("engagement"), Some(3.0));
}

#[test]
fn a_response_that_failed_is_not_judged() {
    let (suite, backend) = suite("semantic");
    let response = Response::new("1", "A question?", "ERROR: connection refused");
    let score = block_on(suite.score(&response));
    let Outcome::Unscored { reason, .. } = score.outcome else {
        panic!("{score:?}");
    };
    assert_eq!(reason, "there is no answer: connection refused");
    assert_eq!(backend.model().requests().len(), 0);
}

#[test]
fn thinking_is_not_judged_in_mode_v2() {
    let response = Response::new("1", "A question?", "<think>Hmm, secret.</think>An answer.");
    let (current, backend) = suite("semantic");
    block_on(current.score(&response));
    let shown = asked(&backend);
    assert!(shown.contains("An answer.") && !shown.contains("secret"));
    let (mut legacy, backend) = suite("semantic");
    legacy.mode = Mode::Legacy202602;
    assert_eq!(block_on(legacy.score(&response)).mode, Mode::Legacy202602);
    assert!(asked(&backend).contains("secret"));
}
