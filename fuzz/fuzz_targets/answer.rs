//! An answer of any content: scored by its patterns, and searched for what it answers.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ml_judge::{FinalAnswer, heuristics, legacy};

fuzz_target!(|text: &str| {
    let _ = heuristics(text);
    answer(text);
    predecessor(text);
});

/// Whatever is found stands in the text.
fn answer(text: &str) {
    let answer = FinalAnswer::new(text);
    let spans = [
        answer.number().map(|found| found.span),
        answer.choice('E').map(|found| found.span),
        answer.list().map(|found| found.span),
        answer.statement().map(|found| found.span),
    ];
    for span in spans.into_iter().flatten() {
        assert!(text.get(span.clone()).is_some(), "{span:?}");
    }
}

/// The rules of mode legacy-2026-02.
fn predecessor(text: &str) {
    let scores = legacy::heuristics(text);
    assert!(scores.lek_score.is_finite(), "{scores:?}");
    let (expected, answer) = text.split_once('\n').unwrap_or(("42", text));
    let score = legacy::exact(answer, expected);
    assert!(answer.contains(&score.extracted), "{score:?}");
    if let Some(object) = legacy::json_object(text) {
        assert!(object.starts_with('{') && object.ends_with('}'), "{object}");
    }
    let left = legacy::without_think_blocks(text);
    assert!(left.len() <= text.len(), "{left:?}");
    for probe in legacy::probe_ids() {
        assert!(legacy::passes(probe, &left).is_some(), "{probe}");
    }
}
