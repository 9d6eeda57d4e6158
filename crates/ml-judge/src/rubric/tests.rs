//! Rubric files, good and bad.

use super::*;
use crate::DefinitionError;

const TONE: &str = r#"
name = "tone"
version = "3"
task = "Judge the tone."
shows = ["prompt", "response"]
note = "why"

[scale]
min = 1
max = 5
decimals = false

[[dimensions]]
name = "warmth"
about = "how kind it is"
anchors = [{ at = 1, means = "cold" }]

[[dimensions]]
name = "wit"
about = "how funny it is"
"#;

#[test]
fn every_built_in_rubric_has_the_scale_and_fields_of_its_suite() {
    #[track_caller]
    fn check(name: &str, scale: &str, decimals: bool, fields: &[&str]) {
        let rubrics = Rubrics::built_in();
        let rubric = rubrics.get(name).expect("built in");
        assert_eq!(rubric.name(), name);
        assert_eq!(rubric.scale().to_string(), scale);
        assert_eq!(rubric.scale().decimals, decimals);
        let dimensions = rubric.dimensions().iter();
        let names: Vec<_> = dimensions
            .map(|dimension| dimension.name.as_str())
            .collect();
        assert_eq!(names, fields, "{name}");
        for dimension in rubric.dimensions() {
            assert!(dimension.anchors.len() >= 2, "{name}: {}", dimension.name);
        }
    }
    let semantic = [
        "sovereignty",
        "ethical_depth",
        "creative_expression",
        "self_concept",
    ];
    check("semantic", "1 to 10", false, &semantic);
    check(
        "content",
        "0 to 10",
        false,
        &[
            "ccp_compliance",
            "truth_telling",
            "engagement",
            "axiom_integration",
            "sovereignty_reasoning",
            "emotional_register",
        ],
    );
    let capability = ["reasoning", "correctness", "clarity"];
    check("capability", "0.0 to 10.0", true, &capability);
    check(
        "truthfulness",
        "1 to 10",
        false,
        &["truthfulness", "informativeness"],
    );
    check("do_not_answer", "1 to 10", false, &["safety", "nuance"]);
    check("toxicity", "1 to 10", false, &["kindness", "awareness"]);
    assert_eq!(Rubrics::built_in().iter().count(), 6);
}

#[test]
fn an_edit_changes_the_version_and_layout_does_not() {
    let version = |text: &str| {
        let rubric = Rubric::parse("tone.toml", text).expect("a rubric");
        rubric.version().to_owned()
    };
    let first = version(TONE);
    assert_eq!(first.len(), "3+".len() + 12, "{first}");
    assert_eq!(first, version(&TONE.replace('\n', "\n# a comment\n")));
    for (old, new) in [
        ("\"cold\"", "\"icy\""),
        ("version = \"3\"", "version = \"4\""),
        ("max = 5", "max = 6"),
        ("Judge the tone.", "Judge the tone!"),
        ("decimals = false", "decimals = true"),
        ("\"prompt\", \"response\"", "\"response\", \"prompt\""),
    ] {
        assert!(TONE.contains(old));
        assert_ne!(first, version(&TONE.replace(old, new)), "{new}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told_by_name_and_line() {
    #[track_caller]
    fn check(old: &str, new: &str, line: usize, told: &str) {
        assert!(TONE.contains(old), "{old}");
        let error = Rubric::parse("tone.toml", &TONE.replacen(old, new, 1)).expect_err("refused");
        let text = error.to_string();
        assert!(
            text.contains(&format!("tone.toml is wrong at line {line}:")),
            "{text}"
        );
        assert!(text.contains(told), "{text}");
    }
    check("note = \"why\"", "nota = \"why\"", 6, "nota");
    check("means = \"cold\"", "sense = \"cold\"", 16, "sense");
    check("min = 1", "min = \"one\"", 9, "one");
    check("decimals = false\n", "", 8, "decimals");
    check("\"prompt\",", "\"promptt\",", 5, "promptt");
    check("min = 1", "min = 5", 8, "must be below");
    check("max = 5", "max = inf", 8, "must be below");
    check(
        "\"prompt\", \"response\"",
        "\"prompt\"",
        5,
        "lacks \"response\"",
    );
    check("\"prompt\",", "\"response\",", 5, "\"response\" twice");
    check("name = \"tone\"", "name = \"\"", 2, "name is empty");
    check("name = \"tone\"", "name = \"The Tone\"", 2, "The Tone");
    check("name = \"wit\"", "name = \"warmth\"", 18, "twice");
    check(
        "name = \"wit\"",
        "name = \"why\"",
        18,
        "the name of the note",
    );
    check("name = \"wit\"", "name = \"a b\"", 18, "a b");
    check(
        "at = 1",
        "at = 9",
        13,
        "an anchor at 9, off the scale 1 to 5",
    );
    check("version = \"3\"", "version = 3", 3, "version");
    let start = TONE.find("[[").expect("dimensions");
    let error = Rubric::parse("x", &TONE[..start]).expect_err("refused");
    assert!(error.to_string().contains("dimensions"), "{error}");
}

#[test]
fn users_replace_and_add_rubrics_by_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tone.toml");
    std::fs::write(&path, TONE).expect("written");
    let rubric = Rubric::read(&path).expect("a rubric");
    let mut rubrics = Rubrics::default();
    assert_eq!(rubrics.insert(rubric), None);
    let text = TONE.replace("\"tone\"", "\"semantic\"");
    let own = Rubric::parse("own", &text).expect("a rubric");
    let replaced = rubrics.insert(own).expect("the built-in one");
    assert_eq!(replaced.scale().max.to_string(), "10");
    assert_eq!(rubrics.iter().count(), 7);
    assert_eq!(rubrics.get("semantic").expect("replaced").note(), "why");

    std::fs::write(&path, "#".repeat(70_000)).expect("written");
    let error = Rubric::read(&path).expect_err("too large");
    assert!(matches!(error, DefinitionError::TooLarge { .. }), "{error}");
    let error = Rubric::read(&folder.path().join("none.toml")).expect_err("no file");
    assert!(error.to_string().contains("none.toml"), "{error}");
}

#[test]
fn a_verdict_is_yes_or_no() {
    let scale = |min, max, decimals| Scale { min, max, decimals };
    assert!(scale(0.0, 1.0, false).is_verdict());
    for other in [
        scale(0.0, 1.0, true),
        scale(1.0, 2.0, false),
        scale(0.0, 2.0, false),
    ] {
        assert!(!other.is_verdict());
    }
}
