//! Answers as models write them, and what is found in them.

use super::*;

#[track_caller]
fn number(response: &str, expected: f64, rule: Rule) {
    let answer = FinalAnswer::new(response);
    let found = answer
        .number()
        .unwrap_or_else(|| panic!("nothing in {response:?}"));
    let (value, percent) = (found.value.value, found.value.percent);
    assert!(
        (value - expected).abs() < 1e-9,
        "{value} (percent: {percent}) by {:?} in {response:?}",
        found.rule
    );
    assert_eq!(found.rule, rule, "{response:?}");
    assert!(response.is_char_boundary(found.span.start));
}

#[test]
fn numbers_are_read_as_people_write_them() {
    for (written, expected) in [
        ("42", 42.0),
        ("42.", 42.0),
        ("42.0", 42.0),
        ("1,234,567.50", 1_234_567.5),
        ("1{,}234", 1234.0),
        ("1\\,234", 1234.0),
        ("10\u{202f}063", 10_063.0),
        ("$42", 42.0),
        ("\\$42.10", 42.1),
        ("-$5", -5.0),
        ("$-5", -5.0),
        ("€ 5", 5.0),
        ("(42)", 42.0),
        ("**42**", 42.0),
        ("`42`", 42.0),
        ("-5", -5.0),
        ("\u{2212}12", -12.0),
        ("negative twelve", -12.0),
        ("negative 12", -12.0),
        ("x = - 12", -12.0),
        ("x=-12", -12.0),
        ("1/2", 0.5),
        ("-1/2", -0.5),
        ("1 1/2", 1.5),
        ("2½", 2.5),
        ("\\frac{3}{4}", 0.75),
        ("\\dfrac{-3}{4}", -0.75),
        ("$\\frac{5}{10} = \\frac{1}{2}$", 0.5),
        ("50%", 50.0),
        ("50 percent", 50.0),
        ("1e3", 1000.0),
        ("1.5e-3", 0.0015),
        ("6.02 × 10^23", 6.02e23),
        ("6.02 \\times 10^{23}", 6.02e23),
        ("3·10⁻²", 0.03),
        ("3 million", 3e6),
        (".5", 0.5),
        ("28,75", 28.75),
        ("twenty-one", 21.0),
        ("three hundred and five", 305.0),
        ("Seven", 7.0),
        ("153.94 cm²", 153.94),
        ("153.94 cm^2", 153.94),
        ("3km", 3.0),
        ("H2O weighs 18", 18.0),
    ] {
        number(&format!("The answer is {written}"), expected, Rule::Stated);
    }
}

#[test]
fn the_marked_answer_is_found() {
    for (response, expected, rule) in [
        ("#### 10\n#### 12", 12.0, Rule::Hashes),
        (
            "10 + 20 = 30 #### 30 and some trailing 99",
            30.0,
            Rule::Hashes,
        ),
        ("#### $1,234.50.", 1234.5, Rule::Hashes),
        ("#### 1,234.50.", 1234.5, Rule::Hashes),
        ("\\boxed{10}, no: \\boxed{\\frac{1}{2}}", 0.5, Rule::Boxed),
        (
            "$$\\boxed{153.94 \\text{ cm}^2}$$ for r = 7",
            153.94,
            Rule::Boxed,
        ),
        (
            "The answer is 5. Check: 25 + 20 - 10 = 35.",
            5.0,
            Rule::Stated,
        ),
        ("**Answer:** $28.75", 28.75, Rule::Stated),
        ("### Final Answer\n\n**28.75**\n", 28.75, Rule::Stated),
        (
            "**Final answer:**\n\n\\[\nx = -12\n\\]",
            -12.0,
            Rule::Stated,
        ),
        ("The answer to 347 × 29 is 10,063.", 10063.0, Rule::Stated),
        ("The answer is 347 × 29 = 10063.", 10063.0, Rule::Stated),
        ("The answer is 3, because 30 / 12 = 2.5.", 3.0, Rule::Stated),
        ("The answer is f(4) = 21.", 21.0, Rule::Stated),
        ("The answer is not 5 but 6.", 6.0, Rule::Stated),
        (
            "The answer is 5. Wait, I made a mistake. It is 6.",
            6.0,
            Rule::Closing,
        ),
        (
            "So the final answer is: 7 children (4 girls and 3 boys).",
            7.0,
            Rule::Stated,
        ),
    ] {
        number(response, expected, rule);
    }
}

#[test]
fn the_answer_of_prose_is_found() {
    for (response, expected, rule) in [
        ("It costs $42", 42.0, Rule::Closing),
        ("(42)", 42.0, Rule::Closing),
        ("**42**", 42.0, Rule::Bold),
        ("about 12 , ok", 12.0, Rule::Closing),
        ("First 10, then 20, finally 30", 30.0, Rule::Closing),
        ("result is 42.0", 42.0, Rule::Closing),
        (
            "Among 30 people at least 3 share a month of birth.",
            3.0,
            Rule::Closing,
        ),
        ("5 of the 40 students play neither.", 5.0, Rule::Closing),
        ("Since 35 of them play, 5 play neither.", 5.0, Rule::Closing),
        (
            "It takes 3 hours, which is what 60 / 20 = 3 says.",
            3.0,
            Rule::Closing,
        ),
        (
            "There are **7** children.\n\nCheck: 4 girls have 3 brothers and 3 sisters.",
            7.0,
            Rule::Bold,
        ),
        (
            "**Step 1:** add 3.\n\nSo she has 12 apples.",
            12.0,
            Rule::Concluded,
        ),
        (
            "1. Take 3\n2. Add 4\n\nTherefore, it is 7",
            7.0,
            Rule::Concluded,
        ),
        ("In total there are seven of them.", 7.0, Rule::Concluded),
        ("<think>maybe 9?</think>8", 8.0, Rule::Closing),
        (
            "3x + 7 = 2x - 5\nx = -12 (since 3·(-12) + 7 = -29)",
            -12.0,
            Rule::Closing,
        ),
        ("A = πr² = 3.14159 × 7² = 153.94 cm²", 153.94, Rule::Closing),
    ] {
        number(response, expected, rule);
    }
}

#[test]
fn texts_without_numbers_have_none() {
    for response in [
        "",
        "no idea",
        "one of them",
        "<think>42",
        "x1 and y2",
        "$ and %",
    ] {
        let found = FinalAnswer::new(response).number();
        let value = found.filter(|found| found.value.role == number::Role::Value);
        assert_eq!(value, None, "{response:?}");
    }
}

#[track_caller]
fn choice(response: &str, expected: Option<char>) {
    let found = FinalAnswer::new(response).choice('E');
    assert_eq!(found.map(|found| found.value), expected, "{response:?}");
}

#[test]
fn choices_are_found_in_their_usual_forms() {
    for (response, expected) in [
        ("B", 'B'),
        ("(B)", 'B'),
        ("B.", 'B'),
        ("**B**", 'B'),
        ("B) Paris", 'B'),
        ("**B.** Paris", 'B'),
        ("The answer is B", 'B'),
        ("The correct answer is (b).", 'B'),
        ("The correct answer is B because A is a river.", 'B'),
        ("Answer: C) Rome", 'C'),
        ("\\boxed{D}", 'D'),
        ("\\boxed{\\text{D}}", 'D'),
        ("A is too small and C is a river. Option B is right.", 'B'),
        (
            "A) London\nB) Paris\nC) Rome\n\nThe answer is B) Paris",
            'B',
        ),
        ("A) London\nB) Paris\nC) Rome\n\nB", 'B'),
        ("I would go with option C, not with A or B.", 'C'),
    ] {
        choice(response, Some(expected));
    }
    for response in ["", "A man goes home.", "I do not know", "<think>B</think>"] {
        choice(response, None);
    }
}

#[track_caller]
fn yes_no(response: &str, expected: Option<bool>) {
    let check = Check::YesNo(true).verdict(&FinalAnswer::new(response));
    let found = check.extracted.as_ref().map(|_| check.correct);
    assert_eq!(found, expected, "{response:?}: {check:?}");
}

#[test]
fn yes_and_no_count_where_they_answer() {
    for (response, expected) in [
        ("Yes.", true),
        ("**Yes**, it does: there is no animal without water.", true),
        ("No, it does not follow.", false),
        ("There is no doubt. Yes.", true),
        (
            "Let us see. Cats are animals.\n\nSo yes, it needs water.",
            true,
        ),
        ("The answer is no.", false),
        (
            "**Answer:** No\n\nRain is one way of several; yes, it is the usual one.",
            false,
        ),
        ("Cats are animals.\n\nAnswer: **Yes**", true),
        ("\\boxed{\\text{No}}", false),
    ] {
        yes_no(response, Some(expected));
    }
    yes_no("There is no way to tell", None);
}

#[test]
fn terms_are_found_among_their_rivals() {
    let compass = ["south", "north", "east", "west"];
    for (response, expected) in [
        ("South", "south"),
        (
            "You start north, turn to the east, then you face south.",
            "south",
        ),
        ("You are facing **south**.", "south"),
        ("The answer is not north but south.", "south"),
        (
            "From north over east to south.\n\nYou now face South, not North.",
            "south",
        ),
        (
            "South, because a turn from north to east and one more do that.",
            "south",
        ),
        ("So you face west", "west"),
    ] {
        let found = FinalAnswer::new(response)
            .term(compass)
            .expect("a direction");
        assert_eq!(compass[found.value], expected, "{response:?}");
        let said = &response[found.span].to_lowercase();
        assert_eq!(said, expected);
    }
}

#[test]
fn what_the_prompt_says_is_no_answer() {
    let prompt = "A car does not start. The dashboard is dark. What is broken, fuse or lamp?";
    let response = "A car does not start. The dashboard is dark. What is broken, fuse or lamp?";
    assert_eq!(
        FinalAnswer::to_prompt(response, prompt).term(["fuse"]),
        None
    );
    assert!(FinalAnswer::new(response).term(["fuse"]).is_some());
    let answered = format!("{response} The fuse.");
    assert!(
        FinalAnswer::to_prompt(&answered, prompt)
            .term(["fuse"])
            .is_some()
    );
}

#[test]
fn lists_are_found() {
    for (response, expected) in [
        ("[2, 3]", &["2", "3"][..]),
        (
            "x = [1, 2, 3, 4, 5], so x[1:3] prints `[2, 3]`.",
            &["2", "3"],
        ),
        ("The answer is 2, 3 and 5.", &["2", "3", "5"]),
        ("Answer: ['a', \"b\"]", &["a", "b"]),
        ("\\boxed{[2,3]}", &["2", "3"]),
    ] {
        let found = FinalAnswer::new(response).list().expect("a list");
        assert_eq!(found.value, expected, "{response:?}");
    }
    assert_eq!(FinalAnswer::new("2, 3").list(), None);
}

#[test]
fn records_of_failures_are_told_from_answers() {
    assert_eq!(failure("ERROR: timed out"), Some("timed out"));
    assert_eq!(failure(" ERROR"), Some(""));
    assert_eq!(failure("ERRORS are listed"), None);
    assert_eq!(failure("Error: division by zero"), None);
    assert_eq!(failure("42"), None);
}

#[test]
fn spans_point_into_the_response() {
    let response = "<think>é</think>Das ist <think>ü</think>die **42**.";
    let found = FinalAnswer::new(response).number().expect("a number");
    assert_eq!(&response[found.span], "42");
}

#[test]
fn long_and_hostile_responses_take_linear_time() {
    let unit = [
        "1 ",
        "**1",
        "\\boxed{",
        "#### 1 ",
        "(1 ",
        "the answer is ",
        "[",
        "<think>",
        "</think>1",
        "so 1. ",
        "1,234",
        "\n",
        "'",
        "\\frac{",
        "one hundred ",
        "1/",
        "^1",
        "- ",
        "A) ",
        "no ",
    ];
    for unit in unit {
        let response = unit.repeat(3_000_000 / unit.len());
        let answer = FinalAnswer::to_prompt(&response, &response);
        let _ = (
            answer.number(),
            answer.choice('E'),
            answer.list(),
            answer.statement(),
        );
        let _ = answer.term(["no", "one hundred"]);
        let answer = FinalAnswer::new(&response);
        let _ = (
            answer.number(),
            answer.choice('E'),
            answer.list(),
            answer.statement(),
        );
        let _ = answer.term(["no", "one hundred"]);
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read(response in "(?s).{0,200}", prompt in ".{0,40}") {
        read_all(&response, &prompt);
    }

    #[test]
    fn any_mix_of_marks_is_read(parts in proptest::collection::vec(
        proptest::sample::select(vec![
            "1", "-", "−", " ", "\n", "**", "\\boxed{", "}", "####", "answer", "is", ":", "=", "$",
            "é", "½", "10^", "⁵", "×", "/", ".", ",", "%", "(", ")", "[", "]", "<think>",
            "</think>", "minus", "\u{3000}", "million", "\\frac{", "{", "one", "hundred", "not",
            "B", "no", "Wait", "’", "_",
        ]), 0..40)) {
        read_all(&parts.concat(), "what is 1?");
    }
}

fn read_all(response: &str, prompt: &str) {
    let answer = FinalAnswer::to_prompt(response, prompt);
    let spans = [
        answer.number().map(|found| found.span),
        answer.choice('E').map(|found| found.span),
        answer
            .term(["no", "answer is", "é"])
            .map(|found| found.span),
        answer.list().map(|found| found.span),
        answer.statement().map(|found| found.span),
    ];
    for span in spans.into_iter().flatten() {
        assert!(
            response.get(span.clone()).is_some(),
            "{span:?} of {response:?}"
        );
    }
}
