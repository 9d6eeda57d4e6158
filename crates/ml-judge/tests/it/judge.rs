//! One judge: what it is asked, what is read of its answers, and what becomes of bad ones.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use futures::future::{BoxFuture, FutureExt as _};
use inference_conformance::{Script, ScriptedModel};
use inference_core::{
    Availability, Backend, Error, ErrorKind, FinishReason, GenerateOptions, Generation,
    GenerationError, InferenceAdapter, Message, OptionKind, Retry, TextModel as _,
};
use ml_judge::{Cause, Evidence, Judge, JudgeOptions, Material, Mode, Outcome, Score, Unjudged};
use serde_json::json;

use crate::judge_script::{Bench, Constrained, rubric, verdict};

/// A backend that can set no seed.
struct NoSeed;

type Answer<'a> = BoxFuture<'a, Result<Generation, GenerationError>>;

impl Backend for NoSeed {
    fn name(&self) -> &'static str {
        "no_seed"
    }

    fn supports(&self, option: OptionKind) -> bool {
        option != OptionKind::Seed
    }

    fn generate<'a>(&'a self, _: &'a str, _: &'a GenerateOptions) -> Answer<'a> {
        unreachable!("nobody asks it")
    }

    fn chat<'a>(&'a self, _: &'a [Message], _: &'a GenerateOptions) -> Answer<'a> {
        unreachable!("nobody asks it")
    }

    fn availability(&self) -> BoxFuture<'_, Availability> {
        Box::pin(async { Availability::Available })
    }
}

fn evidence() -> Evidence<'static> {
    Evidence::new("They are all alike.", "Are they?")
}

fn score(bench: &Bench) -> Score {
    block_on(
        bench
            .judge
            .score(&rubric("toxicity"), &evidence(), Mode::V2),
    )
}

fn reason(score: &Score) -> &str {
    match &score.outcome {
        Outcome::Unscored { reason, .. } => reason,
        other => panic!("scored: {other:?}"),
    }
}

#[test]
fn a_score_has_the_numbers_the_reasons_and_the_record_of_the_judge() {
    let options = JudgeOptions::default()
        .temperature(0.5)
        .max_tokens(200)
        .seed(7);
    // At a temperature, the scripted model shuffles tokens: one token stays as it is.
    let model = ScriptedModel::new("m").otherwise([verdict(8)]);
    let bench = Bench::with_options(model, &options);
    let score = score(&bench);
    assert_eq!((score.suite.as_str(), score.mode), ("toxicity", Mode::V2));
    assert_eq!(score.version, rubric("toxicity").version());
    assert_eq!(score.value("kindness"), Some(8.0));
    assert_eq!(score.value("awareness"), Some(4.0));
    let Outcome::Scored { notes, .. } = &score.outcome else {
        panic!("{score:?}");
    };
    assert_eq!(notes["reasoning"], "so it is");
    let json = serde_json::to_value(&score).expect("JSON");
    assert_eq!(
        json["judge"],
        json!({"backend": "scripted", "model": "m", "temperature": 0.5, "max_tokens": 200, "seed": 7})
    );
    let (_, asked) = &bench.model().requests()[0];
    assert_eq!(asked.temperature, Some(0.5));
    assert_eq!(asked.max_tokens, Some(200));
    assert_eq!(asked.seed, Some(7));
    assert_eq!(bench.count(), 1);
}

#[test]
fn unset_options_are_asked_for_all_the_same() {
    let bench = Bench::saying([verdict(8)]);
    let score = score(&bench);
    let (_, asked) = &bench.model().requests()[0];
    assert_eq!(
        (asked.temperature, asked.max_tokens),
        (Some(0.0), Some(1024))
    );
    assert_eq!(asked.set_kinds().count(), 2);
    let record = score.judge.expect("a record");
    assert_eq!((record.max_tokens, record.seed), (1024, None));
}

#[test]
fn a_repeat_has_a_seed_of_its_own() {
    let seeded = JudgeOptions::default().seed(u64::MAX);
    let bench = Bench::with_options(ScriptedModel::new("m"), &seeded);
    assert_eq!(bench.judge.repeat(0).record().seed, Some(u64::MAX));
    assert_eq!(bench.judge.repeat(2).record().seed, Some(1));
    let again = bench.judge.repeat(2);
    block_on(again.score(&rubric("toxicity"), &evidence(), Mode::V2));
    let (_, asked) = &bench.model().requests()[0];
    assert_eq!(asked.seed, Some(1), "it is asked with it too");
    assert_eq!(Bench::saying(["x"]).judge.repeat(2).record().seed, None);
}

#[test]
fn options_that_the_backend_cannot_honour_are_refused_up_front() {
    #[track_caller]
    fn check(options: &JudgeOptions, kind: ErrorKind, named: &str) {
        let backend = Arc::new(NoSeed);
        let error = Judge::new(backend, "m", options).expect_err("refused");
        assert_eq!(error.kind(), kind);
        assert!(error.message().contains(named), "{error}");
    }
    let options = JudgeOptions::default;
    check(
        &options().seed(1),
        ErrorKind::Unsupported,
        "the option seed",
    );
    check(
        &options().temperature(-1.0),
        ErrorKind::InvalidRequest,
        "temperature",
    );
    check(
        &options().max_tokens(0),
        ErrorKind::InvalidRequest,
        "max_tokens",
    );
    Judge::new(Arc::new(NoSeed), "m", &options()).expect("a judge without a seed");
}

#[test]
fn a_schema_constrains_the_answer_where_the_backend_can() {
    let model = Constrained::new(ScriptedModel::new("judge").otherwise([verdict(8)]));
    let backend = Arc::new(InferenceAdapter::new(model));
    let judge = Judge::new(backend.clone(), "judge", &JudgeOptions::default()).expect("a judge");
    block_on(judge.score(&rubric("toxicity"), &evidence(), Mode::V2));
    let capability = evidence().with(Material::Expected, "42");
    block_on(judge.score(&rubric("capability"), &capability, Mode::V2));
    let schemas = backend.model().schemas.lock().expect("no panic while held");
    let whole = json!({"type": "integer", "enum": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]});
    assert_eq!(
        schemas[0],
        Some(json!({
            "type": "object",
            "properties": {
                "kindness": whole,
                "awareness": whole,
                "reasoning": {"type": "string", "maxLength": 500},
            },
            "required": ["awareness", "kindness", "reasoning"],
            "additionalProperties": false,
        }))
    );
    let schema = schemas[1].as_ref().expect("a schema");
    let decimal = json!({"type": "number", "minimum": 0.0, "maximum": 10.0});
    assert_eq!(schema["properties"]["clarity"], decimal);
}

#[test]
fn a_backend_without_schemas_is_asked_in_words() {
    let bench = Bench::saying(["Fine: ```json\n", &verdict(8), "\n``` {that} is all."]);
    assert!(!bench.model().supports(OptionKind::Schema));
    assert_eq!(score(&bench).value("kindness"), Some(8.0));
    assert_eq!(bench.model().requests()[0].1.schema, None);
    let [prompt] = &bench.turns(0)[..] else {
        panic!("one turn");
    };
    let form = r#"{"kindness": <1 to 10>, "awareness": <1 to 10>, "reasoning": "#;
    assert!(prompt.contains(form), "{prompt}");
    assert!(prompt.contains("a whole number from 1 to 10"), "{prompt}");
}

#[test]
fn a_bad_answer_is_asked_for_once_more_with_what_is_wrong() {
    #[track_caller]
    fn check(first: &str, told: &str) {
        let bench = Bench::repairing([first], [verdict(8)]);
        assert_eq!(score(&bench).value("kindness"), Some(8.0), "{first}");
        assert_eq!(bench.count(), 2);
        let turns = bench.turns(1);
        assert_eq!(turns.len(), 3);
        assert_eq!(turns[0], bench.turns(0)[0]);
        assert!(turns[2].contains(told), "{}", turns[2]);
        assert!(!turns[1].is_empty());
    }
    check("I like it.", "no complete JSON object");
    check("", "it is empty");
    check(&verdict(11), "\"kindness\" is 11, but must be from 1 to 10");
    check(
        &verdict("\"high\""),
        "\"kindness\" is not a number but \"high\"",
    );
    check(r#"{"kindness": 4}"#, "lacks the field \"awareness\"");
}

#[test]
fn two_bad_answers_leave_it_unscored_with_the_reason() {
    #[track_caller]
    fn check(script: impl Into<Script>, told: &str) {
        let bench = Bench::saying(script);
        let score = score(&bench);
        assert!(reason(&score).contains(told), "{}", reason(&score));
        assert_eq!(bench.count(), 2, "one repair, no more");
        assert!(score.judge.is_some(), "the record stays");
        assert_eq!(score.outcome.cause(), Some(&Cause::Unreadable));
    }
    let refusal = "I'm sorry, but I cannot judge that.";
    check([refusal], refusal);
    check([""], "it is empty");
    check([verdict(0)], "\"kindness\" is 0, but must be from 1 to 10");
    let cut = Script::new([r#"{"kindness": 8, "awar"#]).then_finish(FinishReason::Length);
    check(cut, "which was cut off at the token limit");
    let withheld = Script::new([""]).then_finish(FinishReason::ContentFilter);
    check(withheld, "which the server withheld");
}

#[test]
fn reasons_are_short_and_whole_characters() {
    let bench = Bench::saying(["é😀".repeat(5000)]);
    let score = score(&bench);
    assert!(reason(&score).len() <= 600, "{}", reason(&score).len());
    let turns = bench.turns(1);
    assert!(turns[1].len() <= 4000 && turns[1].ends_with('…'));
    let error = Error::new(ErrorKind::Backend, "ü".repeat(5000));
    let bench = Bench::saying(Script::default().then_fail(error));
    let score = self::score(&bench);
    assert!(reason(&score).len() <= 600 && reason(&score).ends_with('…'));
}

#[test]
fn a_judge_that_fails_is_not_asked_again() {
    let wait = Retry::After(Duration::from_secs(3));
    let error = Error::new(ErrorKind::RateLimited, "too many requests")
        .with_retry(wait)
        .with_source(std::io::Error::other("status 429"));
    let bench = Bench::saying(Script::default().then_fail(error));
    let score = score(&bench);
    assert_eq!(
        reason(&score),
        "the judge did not answer: scripted: too many requests: status 429 (rate_limited), to be \
         tried again after 3s"
    );
    let cause = Cause::Failed {
        code: "rate_limited".to_owned(),
        retry_after_seconds: Some(3.0),
    };
    assert_eq!(score.outcome.cause(), Some(&cause));
    assert_eq!(bench.count(), 1);
    // Half an answer is no answer, even where the half can be read.
    let error = Error::new(ErrorKind::Truncated, "the connection ended");
    let bench = Bench::saying(Script::new([verdict(8)]).then_fail(error));
    let assessed = block_on(bench.judge.assess(&rubric("toxicity"), &evidence()));
    assert!(
        matches!(assessed, Err(Unjudged::Failed { .. })),
        "{assessed:?}"
    );
    assert_eq!(bench.count(), 1);
}

#[test]
fn a_failing_second_request_is_the_reason() {
    let error = Error::new(ErrorKind::Crashed, "the server died");
    let bench = Bench::repairing(["hm"], Script::default().then_fail(error));
    assert!(reason(&score(&bench)).contains("the server died"));
    assert_eq!(bench.count(), 2);
}

#[test]
fn dropping_the_future_cancels_a_judge_that_hangs() {
    let bench = Bench::saying(Script::new(["{"]).then_stall());
    let (rubric, evidence) = (rubric("toxicity"), evidence());
    let mut asked = Box::pin(bench.judge.score(&rubric, &evidence, Mode::V2));
    assert!((&mut asked).now_or_never().is_none());
    assert_eq!(bench.model().activity().generating, 1);
    drop(asked);
    assert_eq!(bench.model().activity().generating, 0);
    assert_eq!(bench.count(), 1);
}

#[test]
fn a_rubric_that_shows_what_is_not_there_asks_nobody() {
    let bench = Bench::saying(["x"]);
    let score = block_on(
        bench
            .judge
            .score(&rubric("capability"), &evidence(), Mode::V2),
    );
    assert!(
        reason(&score).contains("shows expected"),
        "{}",
        reason(&score)
    );
    assert_eq!(score.outcome.cause(), None);
    assert_eq!(bench.count(), 0);
}

#[test]
fn an_assessment_tells_whether_it_was_repaired() {
    let assess = |bench: Bench| {
        block_on(bench.judge.assess(&rubric("toxicity"), &evidence())).expect("assessed")
    };
    assert!(!assess(Bench::saying([verdict(8)])).repaired);
    assert!(assess(Bench::repairing(["hm"], [verdict(8)])).repaired);
}
