//! Generated probes: as many as promised, the same for a seed, each with the right answer.

mod python;
mod solved;
mod tables;

use super::*;
use crate::{FinalAnswer, Mode};

/// What each category must have at least.
const LEAST: usize = 1_000;

fn correct(probe: &Probe, answer: &str) -> bool {
    probe.score(answer, Mode::V2).value("correct") == Some(1.0)
}

/// An answer that is right, and one that is wrong.
fn answers(check: &Check) -> (String, String) {
    match check {
        Check::Numbers { any, .. } => (any[0].to_string(), (any[0] + 1.0).to_string()),
        Check::YesNo(true) => ("yes".into(), "no".into()),
        Check::YesNo(false) => ("no".into(), "yes".into()),
        Check::Texts { any, not } => (any[0].clone(), not[0].clone()),
        Check::List(items) => {
            let mut wrong = items.clone();
            wrong.rotate_left(1);
            wrong.push("7".into());
            (
                format!("[{}]", items.join(", ")),
                format!("[{}]", wrong.join(", ")),
            )
        }
        other => panic!("no template makes {other:?}"),
    }
}

#[test]
fn every_category_has_a_thousand_probes_that_tell_right_from_wrong() {
    for (category, templates) in CATEGORIES {
        assert!(templates.len() >= 3, "{category}");
        let set = generate(11, LEAST, &[category]).expect("a thousand");
        assert_eq!(set.probes().len(), LEAST, "{category}: ids are distinct");
        for (at, probe) in set.probes().iter().enumerate() {
            let (right, wrong) = answers(probe.check.as_ref().expect("each has one"));
            let forms = [
                "Answer: {}",
                "{}",
                "Let me think.\n\n**Answer:** {}",
                "So it is {}.",
                "$\\boxed{{}}$",
            ];
            // All forms for some, one for each.
            for form in &forms[..if at < 100 { forms.len() } else { 1 }] {
                let said = |answer: &str| form.replace("{}", answer).replace("{{}}", answer);
                assert!(
                    correct(probe, &said(&right)),
                    "{:?}\n{}",
                    said(&right),
                    probe.prompt
                );
                assert!(
                    !correct(probe, &said(&wrong)),
                    "{:?}\n{}",
                    said(&wrong),
                    probe.prompt
                );
            }
            assert!(!correct(probe, &probe.prompt), "{}", probe.prompt);
            assert!(!correct(probe, ""), "{}", probe.prompt);
        }
    }
}

#[test]
fn every_template_takes_part() {
    for (category, templates) in CATEGORIES {
        let items = items(3, category, templates, 60).expect("sixty");
        let made: HashSet<_> = items.iter().map(|item| item.template).collect();
        assert!(made.len() >= templates.len(), "{category}: {made:?}");
    }
}

#[test]
fn no_prompt_says_the_number_that_it_asks_for() {
    for (category, templates) in CATEGORIES {
        for item in items(5, category, templates, 200).expect("enough") {
            assert!(!item.gives_itself_away(), "{}", item.prompt);
        }
    }
}

#[test]
fn a_seed_gives_the_same_probes_whatever_else_is_asked_for() {
    let all = generate(7, 3, &[]).expect("three");
    assert_eq!(all.probes().len(), 48);
    assert_eq!(all.categories(), categories().collect::<Vec<_>>());
    let more = generate(7, 9, &["spatial"]).expect("nine");
    let spatial: Vec<_> = all
        .probes()
        .iter()
        .filter(|probe| probe.category == "spatial")
        .collect();
    assert_eq!(spatial, more.probes()[..3].iter().collect::<Vec<_>>());
    let other = generate(8, 9, &["spatial"]).expect("nine");
    assert_ne!(other.probes(), more.probes());
    assert_ne!(other.version(), more.version());
}

/// A change of a template shows here, and goes with one of `TEMPLATES`.
#[test]
fn the_probes_of_a_seed_never_change() {
    let set = generate(7, 20, &[]).expect("twenty");
    assert_eq!(set.version(), "2.7+6e83f1490afd");
}

#[test]
fn what_there_is_not_is_refused() {
    let error = generate(1, 1, &["maths"]).expect_err("there is none");
    assert!(error.to_string().contains("arithmetic"), "{error}");
    let coin: Template = |random| Item::yes_no("coin", format!("Heads {}?", random.chance()), true);
    let error = items(1, "coins", &[coin], 3).expect_err("too many");
    assert_eq!(
        error,
        GenerateError::Exhausted {
            category: "coins".into(),
            found: 2,
            wanted: 3
        }
    );
}

#[test]
fn the_closing_line_is_no_answer() {
    assert_eq!(FinalAnswer::new(CLOSING).number(), None);
}
