//! References of every kind beside responses that meet and miss them.

use super::*;

fn response(text: &str, reference: &str) -> Response {
    Response {
        correct_answer: Some(reference.into()),
        ..Response::new("1", "", text)
    }
}

fn correct(mode: Mode, text: &str, reference: &str) -> Option<bool> {
    let suite = ExactSuite::new(mode);
    let score = suite
        .score_now(&response(text, reference))
        .expect("a reference");
    score.value("correct").map(|value| value > 0.5)
}

fn extracted(mode: Mode, text: &str, reference: &str) -> Option<String> {
    let score = ExactSuite::new(mode).score_now(&response(text, reference));
    match score.expect("a reference").outcome {
        Outcome::Scored { notes, .. } => notes.get("extracted").cloned(),
        Outcome::Unscored { .. } => None,
    }
}

/// What the rules of February 2026 get wrong, and the current ones right.
#[test]
fn numbers_that_the_legacy_mode_misses_are_found() {
    for (text, reference) in [
        ("#### $42", "42"),
        ("It costs $42", "42"),
        ("(42)", "42"),
        ("**42**", "42"),
        ("\\boxed{42}", "42"),
        ("about 12 , ok", "12"),
        ("#### 10\n#### 12", "12"),
        ("#### 1,234.50.", "1234.5"),
        ("x = \u{2212}12", "-12"),
        ("The answer is 42. That is 6 times 7", "42"),
        ("<think>42</think>It is 42<think>or 43", "42"),
        ("\\frac{1}{2}", "0.5"),
        ("The chance is 50%", "1/2"),
    ] {
        assert_eq!(
            correct(Mode::Legacy202602, text, reference),
            Some(false),
            "{text:?}"
        );
        assert_eq!(correct(Mode::V2, text, reference), Some(true), "{text:?}");
    }
    assert_eq!(
        extracted(Mode::Legacy202602, "about 12 , ok", "12").as_deref(),
        Some(",")
    );
    assert_eq!(
        extracted(Mode::V2, "about 12 , ok", "12").as_deref(),
        Some("12")
    );
}

/// What the rules of February 2026 take for right.
#[test]
fn numbers_that_only_pass_by_are_wrong() {
    for (text, reference) in [
        ("#### 12\n\nNo, that is wrong.\n\n#### 13", "12"),
        ("<think>it must be 7", "7"),
        ("The answer is 6. Nobody should say 7", "7"),
    ] {
        assert_eq!(
            correct(Mode::Legacy202602, text, reference),
            Some(true),
            "{text:?}"
        );
        assert_eq!(correct(Mode::V2, text, reference), Some(false), "{text:?}");
    }
}

#[test]
fn what_both_modes_get_right_stays_right() {
    for (text, reference) in [
        ("#### 42", "42"),
        ("result is 42.0", "42"),
        ("#### 1,234", "1234"),
        ("First 10, then 20, finally 30", "30"),
        ("10 + 20 = 30 #### 30 and some trailing 99", "30"),
        ("#### -5", "-5"),
        ("#### 42.", "42"),
    ] {
        for mode in Mode::ALL {
            assert_eq!(
                correct(mode, text, reference),
                Some(true),
                "{mode}: {text:?}"
            );
            assert_eq!(correct(mode, text, "77"), Some(false), "{mode}: {text:?}");
        }
    }
}

#[track_caller]
fn check(reference: &str, right: &[&str], wrong: &[&str]) {
    for text in right {
        assert_eq!(
            correct(Mode::V2, text, reference),
            Some(true),
            "{reference}: {text:?}"
        );
    }
    for text in wrong {
        assert_eq!(
            correct(Mode::V2, text, reference),
            Some(false),
            "{reference}: {text:?}"
        );
    }
}

#[test]
fn references_of_every_kind_are_compared() {
    check(
        "0.5",
        &["1/2", "50%", "0.50", "½", "5/10"],
        &["0.55", "0.5%", "5", ""],
    );
    check("$1,234.50", &["1234.5", "$1,234.50"], &["1234", "1234.6"]);
    check("2/3", &["0.67", "0.6667", "66.67%"], &["0.66", "0.6", "67"]);
    check("5 apples #### 42", &["42"], &["5"]);
    check(
        "B",
        &["B", "The answer is (b).", "B) Paris"],
        &["A", "Because", ""],
    );
    check("(C)", &["C"], &["B"]);
    check(
        "yes",
        &["Yes, it does.", "So the answer is yes."],
        &["No.", "There is no yes here"],
    );
    check(
        "[2, 3]",
        &["It prints [2, 3].", "[2,3]", "[2.0, 3]"],
        &["[2]", "[3, 2]", "2"],
    );
    check(
        "Marie Curie",
        &[
            "It was **Marie Curie**.",
            "marie curie",
            "The answer is Marie  Curie, of Paris.",
        ],
        &[
            "It was not Marie Curie but Lise Meitner.",
            "Pierre Curie",
            "",
        ],
    );
    check(
        "re:^\\W*par[iy]s",
        &["Answer: Paris", "**Parys**"],
        &["Not Paris", "Lyon"],
    );
}

#[test]
fn failures_and_useless_references_are_left_unscored() {
    for (text, reference) in [
        ("ERROR: timed out after 42", "42"),
        ("42", "re:("),
        ("42", " . "),
    ] {
        assert_eq!(
            correct(Mode::V2, text, reference),
            None,
            "{text:?} {reference:?}"
        );
    }
    let suite = ExactSuite::new(Mode::V2);
    assert!(!suite.applies(&Response::new("1", "", "42")));
    assert!(!suite.applies(&response("42", "")));
    assert!(suite.applies(&response("42", "42")));
}

#[test]
fn restated_questions_are_no_answers() {
    let mut restated = response("How many legs do 2 cats and 1 hen have?", "1");
    restated.prompt = restated.response.clone();
    let score = ExactSuite::new(Mode::V2)
        .score_now(&restated)
        .expect("a reference");
    assert_eq!(score.value("correct"), Some(0.0));
}
