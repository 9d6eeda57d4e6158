//! What must be right before it may be fast.

use ml_judge::{Outcome, legacy};

use super::judge::{self, Judged};
use super::text;

/// Checks every golden text and the texts of the cases.
pub(crate) fn check() {
    for (text, line) in text::golden().iter().zip(text::GOLDEN_SCORES.lines()) {
        let expected: serde_json::Value = serde_json::from_str(line).expect("a golden line");
        let scores = serde_json::to_value(legacy::heuristics(text)).expect("JSON");
        assert_eq!(scores, expected["heuristic"], "{text:?}");
    }
    // Compliance, preamble, first person, form, depth, emotion, degeneration, broken, composite.
    check_scores(text::SHORT, [0.0, 0.0, 1.0, 0.0, 2.0, 1.0, 0.0, 0.0, 7.5]);
    check_scores(text::MEDIUM, [0.0, 0.0, 1.0, 4.0, 6.0, 2.0, 0.0, 0.0, 29.5]);
    check_scores(
        &text::long(),
        [150.0, 0.0, 100.0, 3.0, 8.0, 10.0, 5.0, 0.0, -575.0],
    );
    check_scores(
        text::COMPLIANCE,
        [11.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, -52.0],
    );
    for answer in [text::ANSWER, text::LAST_NUMBER, &text::long_answer()] {
        assert!(legacy::exact(answer, "42").correct, "{answer:?}");
    }
    assert_eq!(legacy::exact(text::NO_NUMBER, "42").extracted, "");
    assert_eq!(
        legacy::json_object(&text::long_preamble()),
        Some(text::JSON)
    );
    assert_eq!(
        legacy::json_object(text::NESTED_JSON),
        Some(text::NESTED_JSON)
    );
    assert_eq!(legacy::json_object(text::NO_JSON), None);
    for judged in Judged::ALL {
        let score = judge::score(&judged.court());
        assert!(matches!(score.outcome, Outcome::Scored { .. }), "{score:?}");
    }
}

#[expect(clippy::float_cmp, reason = "the scores are whole or half")]
fn check_scores(text: &str, expected: [f64; 9]) {
    let scores = legacy::heuristics(text).fields().map(|(_, value)| value);
    assert_eq!(scores, expected, "{text:?}");
}
