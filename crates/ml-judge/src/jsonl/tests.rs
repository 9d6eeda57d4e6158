//! The reader of JSON lines on right, broken and endless input.

use std::io::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn lines(bytes: &[u8]) -> Vec<Result<Line<Value>, JsonLinesError>> {
    JsonLines::new("in.jsonl", bytes).limit(64).collect()
}

/// Every line as its number and value or message.
#[track_caller]
fn check(bytes: &[u8], expected: &[(u64, Result<Value, &str>)]) {
    let found = lines(bytes);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, (number, expected)) in found.into_iter().zip(expected) {
        match (found, expected) {
            (Ok(line), Ok(value)) => assert_eq!((line.number, &line.value), (*number, value)),
            (Err(error), Err(message)) => {
                assert!(error.is_of_one_line());
                assert_eq!(error.to_string(), *message);
            }
            (found, expected) => panic!("{found:?} in place of {expected:?}"),
        }
    }
}

#[test]
fn blank_lines_and_a_byte_order_mark_are_passed_over() {
    check(
        b"\xef\xbb\xbf{\"a\":1}\r\n\n \t\r\n[2]\n3",
        &[
            (1, Ok(json!({"a": 1}))),
            (4, Ok(json!([2]))),
            (5, Ok(json!(3))),
        ],
    );
    check(b"", &[]);
    check(b"\n\n", &[]);
    check(b"\xef\xbb\xbf", &[]);
}

#[test]
fn a_broken_line_is_named_and_the_others_are_kept() {
    check(
        b"1\n{\"a\": }\n2\n\xffabc\n\"\xc3\n\xef\xbb\xbf4\n5\n",
        &[
            (1, Ok(json!(1))),
            (2, Err("line 2 of in.jsonl, column 7: expected value")),
            (3, Ok(json!(2))),
            (
                4,
                Err("line 4 of in.jsonl is not UTF-8: byte 1 of it begins no character"),
            ),
            (
                5,
                Err("line 5 of in.jsonl is not UTF-8: byte 2 of it begins no character"),
            ),
            (6, Err("line 6 of in.jsonl, column 1: expected value")),
            (7, Ok(json!(5))),
        ],
    );
}

#[test]
fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
    let longest = format!("\"{}\"", "a".repeat(62));
    let too_long = format!("\"{}\"", "a".repeat(63));
    for end in ["", "\n"] {
        check(
            format!("{longest}{end}").as_bytes(),
            &[(1, Ok(json!("a".repeat(62))))],
        );
        let message = "line 1 of in.jsonl is longer than 64 bytes";
        check(format!("{too_long}{end}").as_bytes(), &[(1, Err(message))]);
    }
    let file = format!("1\n{too_long}\n{}\n2\n", "b".repeat(1000));
    check(
        file.as_bytes(),
        &[
            (1, Ok(json!(1))),
            (2, Err("line 2 of in.jsonl is longer than 64 bytes")),
            (3, Err("line 3 of in.jsonl is longer than 64 bytes")),
            (4, Ok(json!(2))),
        ],
    );
}

#[test]
fn what_is_not_the_expected_value_says_what_is_missing() {
    let mut lines = JsonLines::<crate::Response>::new("in", &b"{\"response\": \"x\"}"[..]);
    let error = lines.next().expect("a line").expect_err("no id");
    assert_eq!(
        error.to_string(),
        "line 1 of in, column 17: missing field `id`"
    );
}

#[test]
fn nesting_without_end_is_an_error() {
    let deep = "[".repeat(100_000);
    let mut lines = JsonLines::<Value>::new("in", deep.as_bytes());
    assert!(matches!(
        lines.next(),
        Some(Err(JsonLinesError::Json { .. }))
    ));
}

#[test]
fn a_line_of_fifty_megabytes_is_read_and_its_memory_given_back() {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let text = "x".repeat(50_000_000);
    writeln!(
        file,
        "{{\"id\":\"long\",\"response\":\"{text}\"}}\n{{\"id\":\"short\"}}"
    )
    .expect("written");
    let mut lines = JsonLines::<crate::Response>::open(file.path()).expect("it is there");
    let long = lines.next().expect("a line").expect("right");
    assert_eq!(long.value.response.len(), text.len());
    assert_eq!(
        lines.next().expect("a line").expect("right").value.id,
        "short"
    );
    assert!(lines.buffer.capacity() <= 1 << 20);
    assert!(lines.next().is_none());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = JsonLines::<Value>::open(Path::new("no/such.jsonl")).expect_err("it is not there");
    assert_eq!(error.to_string(), "cannot open no/such.jsonl");
    assert!(!error.is_of_one_line());
}

#[test]
fn a_reader_that_fails_ends_the_lines() {
    struct Failing;
    impl io::Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let reader = BufReader::new(io::Read::chain(&b"1\n2"[..], Failing));
    let mut lines = JsonLines::<Value>::new("in", reader);
    assert!(lines.next().expect("a line").is_ok());
    let error = lines
        .next()
        .expect("an error")
        .expect_err("the disk is gone");
    assert_eq!(error.to_string(), "cannot read line 2 of in");
    assert!(lines.next().is_none());
}

#[test]
fn an_id_that_was_there_names_both_lines() {
    let mut ids = Ids::default();
    ids.note("a", 0, 1).expect("new");
    ids.note("b", 0, 3).expect("new");
    for second in [7, 9] {
        let error = ids.note("a", 0, second).expect_err("it was on line 1");
        assert_eq!((error.first, error.second), (1, second));
        assert!(error.to_string().contains("\"a\" of line 1"), "{error}");
    }
}

proptest! {
    #[test]
    fn any_bytes_give_every_line_once(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let expected = bytes
            .split(|byte| *byte == b'\n')
            .enumerate()
            .filter(|(at, line)| {
                let mark = *at == 0 && line.starts_with(b"\xef\xbb\xbf");
                let line = if mark { &line[3..] } else { *line };
                !line.trim_ascii().is_empty()
            })
            .count();
        prop_assert_eq!(lines(&bytes).len(), expected);
    }

    #[test]
    fn what_was_written_comes_back(texts in prop::collection::vec(".{0,40}", 0..20), ends in prop::bool::ANY) {
        let end = if ends { "\r\n" } else { "\n\n" };
        let file: String = texts.iter().map(|text| json!(text).to_string() + end).collect();
        let read: Result<Vec<_>, _> = JsonLines::<String>::new("in", file.as_bytes()).collect();
        let read: Vec<_> = read.expect("right").into_iter().map(|line| line.value).collect();
        prop_assert_eq!(read, texts);
    }
}
