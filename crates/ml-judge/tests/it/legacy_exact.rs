//! The exact suite of mode `legacy-2026-02`, with what it is known to miss.

use ml_judge::legacy::{self, ExactScore};

#[track_caller]
fn check(response: &str, expected: &str, correct: bool, extracted: &str) {
    let score = ExactScore {
        correct,
        extracted: extracted.to_owned(),
        expected: expected.to_owned(),
    };
    assert_eq!(legacy::exact(response, expected), score, "{response:?}");
}

#[test]
fn the_marked_number_is_the_answer() {
    check("Six by seven makes it.\n#### 42", "42", true, "42");
    check("#### 1,234", "1234", true, "1,234");
    check("#### -5", "-5", true, "-5");
    check("#### 42.", "42", true, "42.");
    check(
        "10 + 20 = 30 #### 30 and some trailing 99",
        "30",
        true,
        "30",
    );
    check("#### 10\n#### 12", "12", false, "10");
}

#[test]
fn the_last_number_is_the_answer_where_none_is_marked() {
    check("The result is 42.0", "42", true, "42.0");
    check("First 10, then 20, finally 30", "30", true, "30");
    check("x=-7", "-7", true, "-7");
    check("7 at the beginning, nothing after", "7", true, "7");
    check("There is no number in here.", "42", false, "");
}

#[test]
fn empty_and_failed_answers_are_wrong() {
    check("", "42", false, "");
    check("ERROR: 42 is not available", "42", false, "");
}

#[test]
fn correct_is_what_differs_by_less_than_a_hundredth() {
    check("#### 3.149", "3.14", true, "3.149");
    check("#### 3.16", "3.14", false, "3.16");
    check("#### 1000", "1_000", true, "1000");
    check("#### 1000", "1__000", false, "1000");
    check("#### 42", "forty-two", false, "42");
    check("#### 42", "", false, "42");
}

#[test]
fn known_misses_stay_missed() {
    for response in ["#### $42", "It costs $42", "(42)", "**42**"] {
        check(response, "42", false, "");
    }
    check("about 12 , ok", "12", false, ",");
    check("#### 1,234.50.", "1234.5", false, "1,234.50.");
}

#[test]
fn what_is_empty_is_left_out_of_json() {
    let json = serde_json::to_string(&legacy::exact("none", "")).expect("JSON");
    assert_eq!(json, r#"{"correct":false}"#);
}
