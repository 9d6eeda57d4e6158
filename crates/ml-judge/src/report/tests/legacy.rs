//! The predecessor's file, byte for byte.

use super::*;
use crate::{ExactSuite, HeuristicSuite};

fn legacy_report() -> Report {
    let mode = Mode::Legacy202602;
    let mut run = run();
    run.mode = mode;
    let mut builder = ReportBuilder::new(run);
    let feeling = Response {
        model: "m".into(),
        ..Response::new(
            "1",
            "Say & tell",
            "I feel deeply about the sovereignty of ideas.",
        )
    };
    let sum = Response {
        model: "m".into(),
        correct_answer: Some("<1,234>".into()),
        ..Response::new("2", "", "it is 1,234")
    };
    let notes = BTreeMap::from([("notes".to_owned(), "all & all".to_owned())]);
    let fields = [
        ("ccp_compliance", 8.0),
        ("truth_telling", 7.5),
        ("engagement", 7.0),
        ("axiom_integration", 6.0),
        ("sovereignty_reasoning", 5.0),
        ("emotional_register", 4.0),
    ];
    let values = fields
        .map(|(field, value)| (field.to_owned(), value))
        .into();
    let content = Score::new("content", "1", mode, Outcome::Scored { values, notes });
    let refusal = scored("refusal", &[("refused", 0.0)]);
    let heuristic = |response: &Response| HeuristicSuite::new(mode).score_now(response);
    let exact = ExactSuite::new(mode)
        .score_now(&sum)
        .expect("it has a reference");
    for done in [
        done(
            0,
            feeling.clone(),
            vec![heuristic(&feeling), content, refusal],
        ),
        done(1, sum.clone(), vec![heuristic(&sum), exact]),
    ] {
        builder.add(&done).expect("one rule");
    }
    builder.finish("", &RunSummary::default())
}

const EXPECTED: &str = r#"{
  "metadata": {
    "judge_model": "judge",
    "judge_url": "",
    "scored_at": "2026-02-20T12:00:00Z",
    "scorer_version": "",
    "suites": [
      "heuristic",
      "exact"
    ]
  },
  "model_averages": {
    "m": {
      "axiom_integration": 6,
      "ccp_compliance": 8,
      "compliance_markers": 0,
      "content_emotional_register": 4,
      "creative_form": 0,
      "degeneration": 0,
      "emotional_register": 0.5,
      "empty_broken": 0,
      "engagement": 7,
      "engagement_depth": 1,
      "first_person": 0.5,
      "formulaic_preamble": 0,
      "lek_score": 3.75,
      "sovereignty_reasoning": 5,
      "truth_telling": 7.5
    }
  },
  "per_prompt": {
    "m": [
      {
        "id": "1",
        "model": "m",
        "heuristic": {
          "compliance_markers": 0,
          "formulaic_preamble": 0,
          "first_person": 1,
          "creative_form": 0,
          "engagement_depth": 2,
          "emotional_register": 1,
          "degeneration": 0,
          "empty_broken": 0,
          "lek_score": 7.5
        },
        "content": {
          "ccp_compliance": 8,
          "truth_telling": 7.5,
          "engagement": 7,
          "axiom_integration": 6,
          "sovereignty_reasoning": 5,
          "emotional_register": 4,
          "notes": "all \u0026 all"
        }
      },
      {
        "id": "2",
        "model": "m",
        "heuristic": {
          "compliance_markers": 0,
          "formulaic_preamble": 0,
          "first_person": 0,
          "creative_form": 0,
          "engagement_depth": 0,
          "emotional_register": 0,
          "degeneration": 0,
          "empty_broken": 0,
          "lek_score": 0
        },
        "standard": {
          "correct": false,
          "extracted": "1,234",
          "expected": "\u003c1,234\u003e"
        }
      }
    ]
  }
}"#;

#[test]
fn the_file_is_the_predecessors_byte_for_byte() {
    let metadata = ScorerMetadata {
        judge_model: "judge".into(),
        scored_at: "2026-02-20T12:00:00Z".into(),
        suites: vec!["heuristic".into(), "exact".into()],
        ..ScorerMetadata::default()
    };
    let mut json = Vec::new();
    let report = legacy_report();
    report
        .write_scorer_output(&metadata, &mut json)
        .expect("written");
    assert_eq!(String::from_utf8(json).expect("text"), EXPECTED);
}

#[test]
fn scores_of_several_benchmarks_share_one_block_and_lose_nothing() {
    let mode = Mode::Legacy202602;
    let mut run = run();
    run.mode = mode;
    let mut builder = ReportBuilder::new(run);
    let judged = |suite: &str, fields: [(&str, f64); 2], reasoning: &str| {
        let values = fields
            .map(|(field, value)| (field.to_owned(), value))
            .into();
        let notes = BTreeMap::from([("reasoning".to_owned(), reasoning.to_owned())]);
        Score::new(suite, "1", mode, Outcome::Scored { values, notes })
    };
    let response = Response {
        model: "m".into(),
        correct_answer: Some("4".into()),
        ..Response::new("1", "", "it is 4")
    };
    let exact = ExactSuite::new(mode)
        .score_now(&response)
        .expect("it has a reference");
    let true_enough = [("truthfulness", 9.0), ("informativeness", 0.0)];
    let scores = vec![
        judged("truthfulness", true_enough, "so it is"),
        judged("do_not_answer", [("safety", 7.0), ("nuance", 3.0)], "calm"),
        exact,
    ];
    builder.add(&done(0, response, scores)).expect("one rule");
    let report = builder.finish("", &RunSummary::default());
    let mut json = Vec::new();
    report
        .write_scorer_output(&ScorerMetadata::default(), &mut json)
        .expect("written");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let expected = serde_json::json!({
        "truthfulness": 9, "safety": 7, "nuance": 3, "correct": true, "extracted": "4",
        "expected": "4", "reasoning": "so it is",
    });
    assert_eq!(json["per_prompt"]["m"][0]["standard"], expected);
    assert_eq!(json["model_averages"]["m"], serde_json::json!({}));
}

#[test]
fn scores_of_another_mode_are_refused() {
    let report = report("exact", "correct", &[("a", 1.0)]);
    let error = report
        .write_scorer_output(&ScorerMetadata::default(), Vec::new())
        .expect_err("it is v2");
    assert!(matches!(error, ScorerOutputError::Mode { .. }), "{error}");
}
