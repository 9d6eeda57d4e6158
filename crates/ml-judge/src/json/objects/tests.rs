//! Objects among prose, fences and damage.

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[track_caller]
fn check(text: &str, expected: &[Value]) {
    let found: Vec<_> = objects(text)
        .map(|object| Value::Object(object.members))
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn objects_are_found_wherever_a_model_puts_them() {
    check("", &[]);
    check("no object at all", &[]);
    check("{", &[]);
    check(r#"{"a":1}"#, &[json!({"a": 1})]);
    check(r#"Well: {"a": 1}. Good?"#, &[json!({"a": 1})]);
    check("```json\n{\"a\": 1}\n```", &[json!({"a": 1})]);
    check(
        "```\n{\"a\": {\"b\": [1, 2]}}\n```",
        &[json!({"a": {"b": [1, 2]}})],
    );
    check(
        r#"{"a":1} then {"a":2}"#,
        &[json!({"a": 1}), json!({"a": 2})],
    );
    check("{}", &[json!({})]);
}

#[test]
fn braces_of_strings_and_prose_are_no_objects() {
    check(
        r#"{"a":1,"reasoning":"uses } here, and { there"}"#,
        &[json!({"a": 1, "reasoning": "uses } here, and { there"})],
    );
    check(r#"I use {braces} then {"a":1}"#, &[json!({"a": 1})]);
    check(r#"{ {"a":1} }"#, &[json!({"a": 1})]);
    check(r#"a {"quote" and {"a":1}"#, &[json!({"a": 1})]);
    check(r#"{"says: {"a":1}"#, &[json!({"a": 1})]);
    check(r#"{"a":1, "b": {"c": 2}"#, &[json!({"c": 2})]);
}

#[test]
fn what_models_write_beyond_json_is_read() {
    check("{\"a\": [1, 2,], }", &[json!({"a": [1, 2]})]);
    check("{\"a\": \"two\nlines\"}", &[json!({"a": "two\nlines"})]);
    check(r#"{"a": "it\'s"}"#, &[json!({"a": "it's"})]);
    check(r#"{"a": +5, "b": .5}"#, &[json!({"a": 5, "b": 0.5})]);
    check(
        r#"{"a": "\u00e9 \ud83d\ude00 \ud83d \uZZ"}"#,
        &[json!({"a": "é 😀 \u{fffd} \u{fffd}ZZ"})],
    );
    check(
        r#"{"a": true, "b": null, "c": -1e2}"#,
        &[json!({"a": true, "b": null, "c": -100.0})],
    );
}

/// Where mode `legacy-2026-02` loses the judge's answer and this does not.
#[test]
fn what_the_predecessor_loses_is_found() {
    #[track_caller]
    fn check(text: &str, expected: &Value) {
        let legacy = crate::json::legacy::json_object(text);
        let legacy = legacy.and_then(|object| serde_json::from_str::<Value>(object).ok());
        assert_ne!(legacy.as_ref(), Some(expected), "{text}");
        let last = objects(text).last().expect("an object");
        assert_eq!(&Value::Object(last.members), expected, "{text}");
    }
    let expected = json!({"a": 1, "reasoning": "uses } here"});
    check(&expected.to_string(), &expected);
    check(r#"I use {braces} then {"a":1}"#, &json!({"a": 1}));
    check(r#"First {"a":1}, no: {"a":2}"#, &json!({"a": 2}));
    check(r#"{"a":1,}"#, &json!({"a": 1}));
}

#[test]
fn half_an_object_is_none() {
    for text in [
        r#"{"a""#,
        r#"{"a":"#,
        r#"{"a":1"#,
        r#"{"a":"b"#,
        r#"{"a":"b\"#,
        r#"{"a":1,,}"#,
        r"{,}",
        r#"{"a":tru}"#,
        r#"{"a":1e999}"#,
        r#"{"a" 1}"#,
        r#"{"a":"\u12"#,
    ] {
        check(text, &[]);
    }
}

#[test]
fn depth_is_bounded() {
    let deep = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    assert_eq!(objects(&deep(60)).count(), 1);
    // The inner levels of what is too deep are an object again.
    let object = objects(&deep(100)).next().expect("the inner levels");
    assert!(object.range.start > 0);
}

/// Bytes that a search reads at most: every failed attempt and one pass for the rest.
#[track_caller]
fn check_linear(text: &str) {
    let mut search = objects(text);
    let found: usize = search.by_ref().map(|object| object.range.len()).sum();
    assert!(found <= text.len());
    let bound = (ALLOWANCE + 2) * text.len() + 1;
    assert!(
        search.failed <= bound,
        "{} of {}",
        search.failed,
        text.len()
    );
}

#[test]
fn hostile_text_takes_linear_time() {
    const SIZE: usize = 1 << 20;
    check_linear(&"{".repeat(10 * SIZE));
    for part in [
        r#"{"a":"#,
        r#"{"{":"#,
        "{\"",
        r#"{"a":[{"b":"#,
        "{\\\"",
        "[{\"\\u",
    ] {
        check_linear(&part.repeat(SIZE / part.len()));
    }
    check_linear(&format!(r#"{{"a":"{}"#, "{ x".repeat(SIZE / 3)));
    check_linear(&format!(r#"{{"a":[{}"#, "1,".repeat(SIZE / 2)));
    let (open, close) = ("{".repeat(SIZE / 2), "}".repeat(SIZE / 2));
    check_linear(&format!("{open}{close}"));
}

proptest! {
    #[test]
    fn no_text_panics_and_every_text_is_linear(
        text in r#"([{}\[\]",:\\un0-9.e+-]|true|null| |\n|é|😀|\PC){0,200}"#
    ) {
        check_linear(&text);
    }

    #[test]
    fn an_object_is_found_as_it_was_written(
        before in "[^{]{0,40}",
        text in "\\PC{0,40}",
        number in -1e9..1e9f64,
        after in "\\PC{0,40}",
    ) {
        let object = json!({"text": text, "number": number, "list": [1, "two", null]});
        let said = format!("{before}{object}{after}");
        let found = objects(&said).next().expect("an object");
        prop_assert_eq!(Value::Object(found.members), object);
        prop_assert_eq!(found.range.start, before.len());
    }
}
