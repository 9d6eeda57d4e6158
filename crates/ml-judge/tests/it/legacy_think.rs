//! Think blocks, as mode `legacy-2026-02` removes them.

use std::borrow::Cow;

use ml_judge::legacy::without_think_blocks;

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(without_think_blocks(text), expected, "{text:?}");
}

#[test]
fn closed_blocks_are_removed() {
    check(
        "<think>Six by\nseven.</think>The answer is 42.",
        "The answer is 42.",
    );
    check("The answer is 42.", "The answer is 42.");
    check(
        "<think>a</think>Good <think>b</think> evening",
        "Good  evening",
    );
    check("", "");
    check("<think>never closed", "<think>never closed");
}

#[test]
fn thoughts_alone_are_kept_up_to_500_bytes() {
    check("<think>short</think> ", "<think>short</think> ");
    let thoughts = format!("<think>{}</think>", "x".repeat(600));
    check(&thoughts, &thoughts[..500]);
}

#[test]
fn no_character_is_cut_in_two() {
    // The 500th byte is the second of an é.
    let thoughts = format!("<think>{}</think>", "é".repeat(300));
    check(&thoughts, &thoughts[..499]);
}

#[test]
fn a_text_without_blocks_is_not_copied() {
    assert!(matches!(without_think_blocks(" 42 "), Cow::Borrowed("42")));
}
