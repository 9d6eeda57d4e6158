//! The JSON object in a reply, as mode `legacy-2026-02` finds it, with where it goes wrong.

use ml_judge::legacy;

#[track_caller]
fn check(reply: &str, expected: Option<&str>) {
    assert_eq!(legacy::json_object(reply), expected, "{reply:?}");
}

#[test]
fn the_object_is_found_bare_in_prose_and_in_fences() {
    let object = r#"{"clarity": 7, "notes": "good"}"#;
    check(object, Some(object));
    check(&format!("My verdict: {object} as asked."), Some(object));
    check(&format!("```json\n{object}\n```"), Some(object));
    check(&format!("Here:\n```\n{object}\n```\nDone."), Some(object));
}

#[test]
fn an_object_in_an_object_is_part_of_it() {
    check(
        r#"So {"a": {"b": {}}, "c": 1}, or {"d": 2}"#,
        Some(r#"{"a": {"b": {}}, "c": 1}"#),
    );
}

#[test]
fn without_an_object_there_is_nothing() {
    check("I would give it seven points.", None);
    check("", None);
    check("{", None);
    check("} {\"a\": {", None);
}

#[test]
fn known_errors_stay() {
    check(
        r#"{"a":1,"reasoning":"uses } here"}"#,
        Some(r#"{"a":1,"reasoning":"uses }"#),
    );
    check(r#"I use {braces} then {"a":1}"#, Some("{braces}"));
    check(
        "```json\n{\"a\": {\"b\": 1} }\n```",
        Some("{\"a\": {\"b\": 1} }"),
    );
}
