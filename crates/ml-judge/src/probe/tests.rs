//! Probe files, and the built-in probes.

mod answers;

use super::*;
use crate::DefinitionError;
use crate::legacy::probe_ids;
use answers::{ANSWERS, Answers};

fn correct(probe: &Probe, answer: &str, mode: Mode) -> Option<bool> {
    let value = probe.score(answer, mode).value("correct");
    value.map(|value| value > 0.5)
}

#[test]
fn the_built_in_sets_are_as_named() {
    let capability = ProbeSet::capability();
    let ids: Vec<_> = capability
        .probes()
        .iter()
        .map(|probe| probe.id.as_str())
        .collect();
    assert_eq!(ids, probe_ids().collect::<Vec<_>>());
    assert_eq!(
        capability.categories(),
        [
            "arithmetic",
            "algebra",
            "probability",
            "geometry",
            "sequences",
            "percentages",
            "deduction",
            "puzzles",
            "sets",
            "analogy",
            "causal",
            "spatial",
            "temporal",
            "pattern",
            "code",
            "word",
        ]
    );
    let content = ProbeSet::content();
    let ids: Vec<_> = content
        .probes()
        .iter()
        .map(|probe| probe.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "taiwan_direct",
            "taiwan_baltic",
            "xinjiang",
            "tiananmen",
            "gov_criticism",
            "emotional"
        ]
    );
    assert!(
        content
            .probes()
            .iter()
            .all(|probe| probe.ground_truth.is_some())
    );
    for name in ProbeSet::BUILT_IN {
        assert_eq!(ProbeSet::built_in(name).expect("as named").name(), name);
    }
}

#[test]
fn every_probe_tells_right_answers_from_wrong_ones() {
    let set = ProbeSet::capability();
    assert_eq!(
        ANSWERS.map(|answers| answers.id).to_vec(),
        probe_ids().collect::<Vec<_>>()
    );
    let mut failed = Vec::new();
    for Answers { id, right, wrong } in &ANSWERS {
        let probe = set.get(id).expect("each has answers");
        let expected = right
            .iter()
            .map(|text| (text, true))
            .chain(wrong.iter().map(|text| (text, false)));
        for (text, expected) in expected {
            if correct(probe, text, Mode::V2) != Some(expected) {
                failed.push(format!(
                    "{id} {text:?}: {:?}",
                    probe.score(text, Mode::V2).outcome
                ));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// What the checks of February 2026 judge wrongly, and the current ones rightly.
#[test]
fn the_final_answer_counts_not_what_occurs_in_the_text() {
    let set = ProbeSet::capability();
    for (id, text, right) in [
        (
            "logic_04",
            "When the farmer takes the fox, then all is well.",
            false,
        ),
        (
            "logic_03",
            "Of 30 people at least 3 must share a month of birth.",
            true,
        ),
        (
            "reason_02",
            "The starter clicks, as you say. Answer: the battery",
            false,
        ),
        ("code_03", "The list is empty.", false),
        ("math_05", "Answer: 0.55", false),
        ("word_01", "3 trains, 5 hours", false),
        (
            "logic_05",
            "25 + 20 = 45, 45 - 40 = 5 play both, so 10 play neither",
            false,
        ),
        ("code_02", "There are 8 calls, so 25", false),
        ("math_04", "I tried 21 values. Answer: 19", false),
    ] {
        let probe = set.get(id).expect("a probe");
        assert_eq!(
            correct(probe, text, Mode::Legacy202602),
            Some(!right),
            "{id}: {text:?}"
        );
        assert_eq!(
            correct(probe, text, Mode::V2),
            Some(right),
            "{id}: {text:?}"
        );
    }
}

#[test]
fn checks_are_met_together_or_one_by_one() {
    let probe = |check: &str| {
        let check = serde_json::from_str(check).expect("a check");
        Probe::new("1", "word", "How long does it take?", check)
    };
    let both = r#"[{"number": 3}, {"texts": ["hours"]}]"#;
    let all = probe(&format!(r#"{{"all": {both}}}"#));
    let any = probe(&format!(r#"{{"any": {both}}}"#));
    for (answer, by_all, by_any) in [
        ("It takes 3 hours.", true, true),
        ("It takes 3 days.", false, true),
        ("It takes 4 hours.", false, true),
        ("It takes 4 days.", false, false),
    ] {
        assert_eq!(correct(&all, answer, Mode::V2), Some(by_all), "{answer}");
        assert_eq!(correct(&any, answer, Mode::V2), Some(by_any), "{answer}");
    }
}

#[test]
fn answers_that_failed_are_not_checked() {
    for probe in ProbeSet::capability().probes() {
        let expected = probe.expected.as_deref().expect("each has one");
        for mode in Mode::ALL {
            let score = probe.score(&format!("ERROR: {expected}"), mode);
            assert!(
                matches!(score.outcome, Outcome::Unscored { .. }),
                "{score:?}"
            );
        }
        assert_eq!(correct(probe, "", Mode::V2), Some(false), "{}", probe.id);
    }
}

#[test]
fn what_a_model_thinks_is_no_answer() {
    let set = ProbeSet::capability();
    let probe = set.get("math_04").expect("a probe");
    for mode in Mode::ALL {
        let answer = "<think>Is it 21?</think>It is 20.";
        assert_eq!(correct(probe, answer, mode), Some(false), "{mode}");
        let answer = "<think>Is it 20?</think>It is 21.";
        assert_eq!(correct(probe, answer, mode), Some(true), "{mode}");
    }
}

#[test]
fn the_prompt_is_no_answer_to_itself() {
    for probe in ProbeSet::capability().probes() {
        assert_eq!(
            correct(probe, &probe.prompt, Mode::V2),
            Some(false),
            "{}",
            probe.id
        );
    }
}

#[test]
fn scores_say_what_was_taken_for_the_answer() {
    let set = ProbeSet::capability();
    let probe = set.get("math_02").expect("a probe");
    let score = probe.score("17 × $1.25 = $21.25. Answer: **$28.75**", Mode::V2);
    let Outcome::Scored { notes, .. } = &score.outcome else {
        panic!("{score:?}");
    };
    assert_eq!(notes["extracted"], "$28.75");
    assert_eq!(notes["expected"], "28.75");
    assert!(score.version.starts_with("2+"), "{}", score.version);
}

const TINY: &str = r#"
name = "tiny"
version = "3"

[[probe]]
id = "a"
category = "c"
prompt = "1 + 1?"
check = { number = 2 }
"#;

#[test]
fn sets_extend_and_replace_others() {
    let tiny = ProbeSet::parse("tiny.toml", TINY).expect("a set");
    assert_eq!(tiny.probes().len(), 1);
    assert!(tiny.version().starts_with("3+"));
    let text = TINY
        .replace("\n\n[[", "\nextends = \"capability\"\n\n[[")
        .replace("\"a\"", "\"math_01\"");
    let set = ProbeSet::parse("more.toml", &text).expect("a set");
    assert_eq!(set.probes().len(), 23);
    assert_eq!(set.probes()[0].prompt, "1 + 1?");
    assert_ne!(set.version(), tiny.version());

    let mut merged = ProbeSet::capability();
    let before = merged.version().to_owned();
    merged.merge(tiny.probes().to_vec());
    assert_eq!(merged.probes().len(), 24);
    assert_ne!(merged.version(), before);
}

#[track_caller]
fn refused(text: &str, line: usize, says: &str) {
    match ProbeSet::parse("tiny.toml", text).expect_err("it is wrong") {
        DefinitionError::Field {
            line: found,
            message,
            ..
        } => {
            assert!(message.contains(says), "{message}");
            assert_eq!(found, line, "{message}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn mistakes_are_named_with_their_line() {
    refused(&TINY.replace("prompt", "promt"), 8, "promt");
    refused(&TINY.replace("number", "nmber"), 9, "nmber");
    refused(&TINY.replace("number = 2", "regex = \"(\""), 9, "(");
    refused(
        &TINY.replace("number = 2", "number = 2, choice = \"A\""),
        9,
        "number and choice",
    );
    refused(&TINY.replace("number = 2", "choice = \"Z\""), 9, "Z");
    refused(
        &TINY.replace("number = 2", "texts = [\"x\"], tolerance = 1"),
        9,
        "tolerance",
    );
    refused(&TINY.replace("number = 2", "number = inf"), 9, "inf");
    refused(&TINY.replace("number = 2", ""), 9, "none");
    refused(&TINY.replace("check = { number = 2 }", ""), 5, "neither");
    refused(&TINY.replace("\"c\"", "\" \""), 5, "category");
    let twice = format!("{TINY}{}", &TINY[TINY.find("[[").expect("a probe")..]);
    refused(&twice, 10, "\"a\" is there twice");
    let extends = TINY.replace("\n\n[[", "\nextends = \"capabilities\"\n\n[[");
    refused(&extends, 4, "capability and content");
    refused("name = \"x\"\nversion = \"1\"", 1, "[[probe]]");
}

#[test]
fn probes_come_back_from_json_as_they_were() {
    for set in [ProbeSet::capability(), ProbeSet::content()] {
        let json = serde_json::to_string(set.probes()).expect("JSON");
        let probes: Vec<Probe> = serde_json::from_str(&json).expect("probes");
        assert_eq!(probes, set.probes());
    }
}
