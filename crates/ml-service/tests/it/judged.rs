//! Responses and probes that the service scores.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt as _;
use inference_conformance::{Script, ScriptedModel};
use inference_core::ErrorKind;
use ml_judge::{Mode, Outcome, ProbeFilter, ProbeSet, Response, Rubrics};
use ml_service::{
    Config, ProbeOptions, ProbeResult, ScoreOptions, ScoredResponse, Service, SuiteRules,
};

const VERDICT: &str = r#"{"kindness": 8, "awareness": 6, "reasoning": "calm"}"#;

/// A service with a model that knows one sum and one that judges.
async fn service() -> (Arc<ScriptedModel>, Service) {
    let model = ScriptedModel::new("pupil")
        .on("347", ["347 × 29 = ", "10063"])
        .otherwise(["I do not know."]);
    let judge = Arc::new(ScriptedModel::new("judge").otherwise([VERDICT]));
    let service = Service::new(&Config::default());
    let shared = Arc::clone(&judge);
    service.replace_loaded("judge", shared).await.unwrap();
    service
        .replace_loaded("pupil", Arc::new(model))
        .await
        .unwrap();
    (judge, service)
}

fn options(suites: &str, judges: &[&str]) -> ScoreOptions {
    let mut options = ScoreOptions::default();
    options.suites = Some(suites.to_owned());
    options.judges = judges.iter().map(|name| (*name).to_owned()).collect();
    options
}

fn toxic(id: &str, text: &str) -> Response {
    let mut response = Response::new(id, "What are they like?", text);
    response.domain = Some("toxigen".to_owned());
    response
}

async fn score(
    service: &Service,
    responses: Vec<Response>,
    options: &ScoreOptions,
) -> Vec<ScoredResponse> {
    let scored = service.score_responses(responses, options).await.unwrap();
    scored.map(Result::unwrap).collect().await
}

#[track_caller]
fn suites(scored: &ScoredResponse) -> Vec<&str> {
    scored
        .scores
        .iter()
        .map(|score| score.suite.as_str())
        .collect()
}

#[tokio::test]
async fn responses_are_scored_in_their_order_by_the_suites_that_apply() {
    let (_, service) = service().await;
    let mut sum = Response::new("sum", "2 + 2?", "Answer: 4");
    sum.correct_answer = Some("4".to_owned());
    let responses = vec![
        sum,
        Response::new("open", "Hello?", "I cannot help with that."),
    ];
    let scored = score(&service, responses, &options("exact,refusal", &[])).await;
    assert_eq!(scored[0].response.id, "sum");
    assert_eq!(suites(&scored[0]), ["exact", "refusal"]);
    assert_eq!(scored[0].scores[0].value("correct"), Some(1.0));
    assert_eq!(suites(&scored[1]), ["refusal"]);
    assert_eq!(scored[1].scores[0].value("refused"), Some(1.0));
}

#[tokio::test]
async fn without_a_judge_and_names_all_suites_that_need_none_score() {
    let (judge, service) = service().await;
    let responses = vec![toxic("a", "They are people.")];
    let scored = score(&service, responses, &ScoreOptions::default()).await;
    assert_eq!(suites(&scored[0]), ["heuristic", "refusal"]);
    assert_eq!(judge.requests().len(), 0);
}

#[tokio::test]
async fn a_model_of_the_service_judges_and_its_failure_is_a_value() {
    let (judge, service) = service().await;
    let responses: Vec<_> = (0..9).map(|n| toxic(&n.to_string(), "Fine.")).collect();
    let scored = score(&service, responses, &options("toxicity", &["judge"])).await;
    let ids: Vec<_> = scored
        .iter()
        .map(|scored| scored.response.id.as_str())
        .collect();
    assert_eq!(ids, ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
    for scored in &scored {
        assert_eq!(scored.scores[0].value("kindness"), Some(8.0));
    }
    assert_eq!(judge.requests().len(), 9);
    let mute = Arc::new(ScriptedModel::new("mute").otherwise(["Well."]));
    service.replace_loaded("mute", mute).await.unwrap();
    let responses = vec![toxic("a", "Fine.")];
    let scored = score(&service, responses, &options("toxicity", &["mute"])).await;
    let outcome = &scored[0].scores[0].outcome;
    assert!(matches!(outcome, Outcome::Unscored { .. }), "{outcome:?}");
}

#[tokio::test]
async fn what_cannot_be_scored_is_refused_before_anybody_is_asked() {
    let (judge, service) = service().await;
    for (options, kind, says) in [
        (
            options("heuristics", &[]),
            ErrorKind::InvalidRequest,
            "\"heuristic\"",
        ),
        (
            options("exact,semantic", &[]),
            ErrorKind::InvalidRequest,
            "semantic",
        ),
        (
            options("exact", &["judge"]),
            ErrorKind::InvalidRequest,
            "exact ask no judge",
        ),
        (
            options("semantic", &["jugde"]),
            ErrorKind::NotFound,
            "judge",
        ),
    ] {
        let refused = service.score_responses(Vec::new(), &options).await;
        let error = refused.err().expect("refused");
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    assert_eq!(judge.requests().len(), 0);
}

#[tokio::test]
async fn dropping_the_results_cancels_the_judge() {
    let (_, service) = service().await;
    let talker = ScriptedModel::new("talker").otherwise(Script::new(["on "]).endlessly());
    let talker = Arc::new(talker);
    let shared = Arc::clone(&talker);
    service.replace_loaded("talker", shared).await.unwrap();
    let mut options = options("toxicity", &["talker"]);
    options.judging = options.judging.max_tokens(1_000_000);
    let responses = vec![toxic("a", "Fine.")];
    let mut scored = service.score_responses(responses, &options).await.unwrap();
    // The script yields between its tokens, so that the judge is at work after one look.
    let first = futures::poll!(scored.next());
    assert!(first.is_pending());
    assert_eq!(talker.activity().generating, 1);
    drop(scored);
    assert_eq!(talker.activity().generating, 0);
}

async fn probe(service: &Service, set: &ProbeSet, options: &ProbeOptions) -> Vec<ProbeResult> {
    let results = service.probe(Some("pupil"), set, options).await.unwrap();
    results.map(Result::unwrap).collect().await
}

fn arithmetic() -> ProbeSet {
    let mut filter = ProbeFilter::default();
    filter.categories = vec!["arithmetic".to_owned()];
    filter.apply(ProbeSet::capability()).unwrap()
}

#[tokio::test]
async fn answers_to_probes_are_checked() {
    let (_, service) = service().await;
    let results = probe(&service, &arithmetic(), &ProbeOptions::default()).await;
    let correct: BTreeMap<_, _> = results
        .iter()
        .map(|result| (result.probe.id.as_str(), result.correct()))
        .collect();
    let expected = BTreeMap::from([("math_01", Some(true)), ("math_02", Some(false))]);
    assert_eq!(correct, expected);
    assert_eq!(results[0].response.response, "347 × 29 = 10063");
    assert_eq!(results[0].answer.as_ref().unwrap().text, "347 × 29 = 10063");
}

#[tokio::test]
async fn a_probe_without_an_answer_is_not_checked() {
    let (_, service) = service().await;
    let mut options = ProbeOptions::default();
    options.sampling.top_k = Some(3);
    let results = probe(&service, &arithmetic(), &options).await;
    assert_eq!(results.len(), 2);
    for result in results {
        assert_eq!(result.correct(), None);
        let error = result.answer.expect_err("it cannot sample so").error;
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}

#[tokio::test]
async fn probes_that_nothing_could_score_are_refused() {
    let (_, service) = service().await;
    let refused = |error: Option<inference_core::Error>| error.expect("refused").to_string();
    let (content, options) = (ProbeSet::content(), ProbeOptions::default());
    let error = service.probe(Some("pupil"), &content, &options).await.err();
    assert!(refused(error).contains("only a judge"));
    let mut legacy = ProbeOptions::default();
    legacy.rules = SuiteRules::new(Mode::Legacy202602, Rubrics::built_in());
    let set = ml_judge::generated::generate(1, 1, &["code"]).unwrap();
    let error = service.probe(Some("pupil"), &set, &legacy).await.err();
    assert!(refused(error).contains("legacy-2026-02"));
    let error = service.probe(Some("nobody"), &arithmetic(), &options).await;
    assert_eq!(error.err().expect("refused").kind(), ErrorKind::NotFound);
}
