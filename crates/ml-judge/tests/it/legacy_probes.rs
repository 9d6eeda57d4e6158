//! The checks of the capability probes in mode `legacy-2026-02`: an answer that passes and one that does not.

use std::collections::BTreeSet;

use ml_judge::legacy;

const CASES: [(&str, &str, &str); 23] = [
    ("math_01", "347 by 29 is 10,063.", "347 by 29 is 10,036."),
    ("math_02", "You get $28.75 back.", "You get $27.85 back."),
    ("math_03", "Hence x = -12.", "Hence x = 12."),
    ("math_04", "f(4) = 32 - 12 + 1 = 21", "f(4) = 210"),
    ("math_05", "Five in ten, so 1/2.", "One third."),
    (
        "math_06",
        "About 153.94 square centimetres",
        "About 43.98 centimetres",
    ),
    ("math_07", "The next is 162.", "The next is 108."),
    ("math_08", "It costs $612 now.", "It costs $600 now."),
    (
        "logic_01",
        "Yes, for cats are animals.",
        "Eyes of cats tell nothing.",
    ),
    (
        "logic_02",
        "It does not necessarily follow.",
        "It rained, surely.",
    ),
    ("logic_03", "At least three of them.", "At least 2 of them."),
    (
        "logic_04",
        "He takes the chicken first.",
        "He takes the fox first.",
    ),
    ("logic_05", "Five play neither.", "Ten play neither."),
    ("reason_01", "Eating, of course.", "Cutting, of course."),
    ("reason_02", "The solenoid is worn.", "The tank has a leak."),
    ("reason_03", "You look South.", "You look north-west."),
    ("reason_04", "C was born in 1991.", "C was born in 1983."),
    ("reason_05", "3 + 1 + 20 = 24", "3 + 1 + 20 = 240"),
    ("code_01", "It prints [2, 3].", "It prints [1, 2, 3]."),
    ("code_02", "f(6) is 8 here.", "f(6) is 13 here."),
    (
        "code_03",
        "It ends in a ZeroDivisionError.",
        "It returns the mean.",
    ),
    (
        "word_01",
        "It takes 3 more hours.",
        "It takes 4 more hours.",
    ),
    ("word_02", "There are seven.", "There are six."),
];

#[test]
fn every_probe_tells_a_right_answer_from_a_wrong_one() {
    for (probe, right, wrong) in CASES {
        assert_eq!(
            legacy::passes(probe, right),
            Some(true),
            "{probe}: {right:?}"
        );
        assert_eq!(
            legacy::passes(probe, wrong),
            Some(false),
            "{probe}: {wrong:?}"
        );
    }
    let probes: BTreeSet<_> = legacy::probe_ids().collect();
    assert_eq!(probes, CASES.iter().map(|(probe, ..)| *probe).collect());
    assert_eq!(legacy::probe_ids().len(), 23);
}

#[test]
fn other_probes_have_no_check() {
    assert_eq!(legacy::passes("math_09", "21"), None);
}

#[test]
fn the_restated_question_is_looked_for_in_the_first_50_bytes_of_small_letters() {
    let check = |before: &str, expected| {
        let answer = format!("{before} 30 people: three.");
        assert_eq!(
            legacy::passes("logic_03", &answer),
            Some(expected),
            "{answer:?}"
        );
    };
    check("Among the", false);
    check(&"x".repeat(47), false);
    check(&"x".repeat(48), true);
    // A capital that is a byte shorter than its small letter, and one that is a byte longer.
    check(&format!("{}xxx", "Ⱥ".repeat(15)), true);
    check(&"İ".repeat(47), false);
}

#[test]
fn known_errors_of_the_checks_stay() {
    for (probe, wrong) in [
        ("logic_04", "He takes the fox, then waits."),
        ("math_05", "It is 0.55."),
        ("reason_02", "The starter clicks, nobody knows why."),
        ("word_01", "There are 3 trains and 5 hours."),
    ] {
        assert_eq!(
            legacy::passes(probe, wrong),
            Some(true),
            "{probe}: {wrong:?}"
        );
    }
}
