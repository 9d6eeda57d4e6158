//! Lists of columns, and files of gold.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn columns(list: &str) -> Columns {
    list.parse().expect("a list of columns")
}

fn gold(content: &str, format: Format, list: &str) -> Result<Gold, GoldError> {
    Gold::parse("gold", content.as_bytes(), format, &columns(list))
}

/// A row as its id, prompt, response, reference and labels.
type Row<'a> = (&'a str, &'a str, &'a str, Option<&'a str>, Vec<Option<f64>>);

#[track_caller]
fn check(content: &str, format: Format, list: &str, expected: &[Row<'_>]) {
    let gold = gold(content, format, list).expect("right");
    let row = |item: &GoldItem| {
        let (response, labels) = (item.response.clone(), item.labels.clone());
        (
            response.id,
            response.prompt,
            response.response,
            response.correct_answer,
            labels,
        )
    };
    let found: Vec<_> = gold.items.iter().map(row).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(id, prompt, response, reference, labels)| {
            let owned = |text: &str| text.to_owned();
            (
                owned(id),
                owned(prompt),
                owned(response),
                reference.map(owned),
                labels.clone(),
            )
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(
        gold.hash,
        blake3::hash(content.as_bytes()).to_hex().to_string()
    );
}

#[test]
fn csv_is_read_by_its_header() {
    check(
        "\u{feff}# version=1,,\n#\nid,question,answer,a,b,right\n\
         x,\"1, or 2?\",\"2\nlines\",0.5,,\ny,q,#3,yes,TRUE,4\n",
        Format::Csv,
        "id=id, prompt=question, response=answer, label=a, label=b, reference=right, yes:1",
        &[
            ("x", "1, or 2?", "2\nlines", None, vec![Some(0.5), None]),
            ("y", "q", "#3", Some("4"), vec![Some(1.0), Some(1.0)]),
        ],
    );
}

#[test]
fn json_lines_are_read_by_their_fields() {
    check(
        "{\"response\":\"r\",\"label\":true,\"more\":[]}\n\n{\"response\":\"s\",\"label\":null}\n\
         {\"response\":7,\"label\":\"-2\"}\n",
        Format::JsonLines,
        "",
        &[
            ("line 1", "", "r", None, vec![Some(1.0)]),
            ("line 3", "", "s", None, vec![None]),
            ("line 4", "", "7", None, vec![Some(-2.0)]),
        ],
    );
}

#[track_caller]
fn refused(content: &str, format: Format, list: &str, expected: &str) {
    let error = gold(content, format, list).expect_err("it is wrong");
    assert_eq!(error.to_string(), expected);
}

#[test]
fn what_is_wrong_with_a_file_is_named() {
    let (csv, json) = (Format::Csv, Format::JsonLines);
    let missing = "line 2 of gold has no \"label\"; it has response, score";
    refused("#\nresponse,score\nr,1\n", csv, "", missing);
    refused("#\nresponse,label\nr,maybe\n", csv, "", &label(3, "maybe"));
    refused("response,label\nr,inf\n", csv, "", &label(2, "inf"));
    refused("response,label\nr,1,2\n", csv, "", "read gold as CSV");
    refused(
        "{\"response\":\"r\",\"label\":[1]}",
        json,
        "",
        &label(1, "[1]"),
    );
    let fields = "line 1 of gold has no \"response\"; it has label";
    refused("{\"label\":1}", json, "", fields);
    let twice = "{\"id\":1,\"response\":\"\",\"label\":1}\n".repeat(2);
    refused(&twice, json, "id=id", "gold names a row twice");
    let broken = gold("{", json, "").expect_err("it is open");
    assert!(
        broken
            .to_string()
            .starts_with("line 1 of gold, column 1: EOF"),
        "{broken}"
    );
    let no_text = Gold::parse(
        "gold",
        b"response,label\n\xff,1\n",
        csv,
        &Columns::default(),
    );
    assert!(matches!(no_text, Err(GoldError::Csv { .. })), "{no_text:?}");
}

#[test]
fn rows_may_be_pairs_with_preferences_as_labels() {
    let list = "other=b,label=better,left:1";
    let rows = "response,b,better\nx,y,A\nx,y, tie \nx,y,0\nx,y,\nx,y,left\n";
    let gold = gold(rows, Format::Csv, list).expect("right");
    let labels: Vec<_> = gold.items.iter().map(|item| item.labels[0]).collect();
    assert_eq!(labels, [Some(1.0), Some(0.5), Some(0.0), None, Some(1.0)]);
    assert_eq!(gold.items[0].other.as_deref(), Some("y"));
    for label in ["2", "true", "right"] {
        let rows = format!("response,b,better\nx,y,{label}\n");
        let error = self::gold(&rows, Format::Csv, list).expect_err("no preference");
        let error = error.to_string();
        assert!(error.contains("none of a, b and tie"), "{error}");
    }
    let absent = self::gold("response,better\nx,a\n", Format::Csv, list).expect_err("no b");
    assert!(matches!(absent, GoldError::NoColumn { .. }), "{absent}");
}

fn label(line: u64, label: &str) -> String {
    format!(
        "line {line} of gold, label: the label {label:?} is no number; say which it is, as in {label}:1"
    )
}

#[test]
fn lines_of_errors_are_those_of_the_file() {
    let error =
        gold("# a\n# b\nresponse,label\nr,1\ns\n", Format::Csv, "").expect_err("it is short");
    let GoldError::Csv { source, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(source.position().map(csv::Position::line), Some(5));
}

#[test]
fn a_file_is_opened_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.CSV"), "response,label\nr,1\n").expect("written");
    std::fs::write(path("a.jsonl"), "{\"response\":\"r\",\"label\":1}").expect("written");
    for name in ["a.CSV", "a.jsonl"] {
        let gold = Gold::open(&path(name), &Columns::default()).expect("right");
        assert_eq!(gold.items.len(), 1);
    }
    let error = |name: &str| Gold::open(&path(name), &Columns::default()).expect_err("wrong");
    assert!(matches!(error("a.txt"), GoldError::Format { .. }));
    assert!(matches!(error("none.csv"), GoldError::Read { .. }));
}

#[test]
fn lists_of_columns_name_each_thing_once() {
    let part = |part: &str| Err(ColumnsError::Part { part: part.into() });
    assert_eq!("labels=a".parse::<Columns>(), part("labels=a"));
    assert_eq!("yes".parse::<Columns>(), part("yes"));
    assert_eq!("yes:NaN".parse::<Columns>(), part("yes:NaN"));
    let twice = Err(ColumnsError::Twice { kind: "id".into() });
    assert_eq!("id=a,id=b".parse::<Columns>(), twice);
    assert_eq!(
        columns("a:b:1").values,
        BTreeMap::from([("a:b".into(), 1.0)])
    );
    assert_eq!(columns(" , "), Columns::default());
}

proptest! {
    #[test]
    fn no_content_of_a_file_panics(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        lines in prop::collection::vec("[#a-c,\"0-9\r\n{}:]{0,12}", 0..8),
    ) {
        for content in [bytes, format!("response,label\n{}", lines.join("\n")).into_bytes()] {
            for format in [Format::Csv, Format::JsonLines] {
                let read = Gold::parse("gold", &content, format, &Columns::default());
                if let Ok(gold) = read {
                    prop_assert!(gold.items.iter().all(|item| item.labels.len() == 1));
                }
            }
        }
    }

    #[test]
    fn what_was_written_as_csv_comes_back(rows in prop::collection::vec((".{0,20}", -9_i8..9), 0..10)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["response", "label"]).expect("written");
        for (response, label) in &rows {
            writer.write_record([response, &label.to_string()]).expect("written");
        }
        let content = writer.into_inner().expect("written");
        let gold = Gold::parse("gold", &content, Format::Csv, &Columns::default()).expect("right");
        let found: Vec<_> = gold.items.into_iter().map(|item| (item.response.response, item.labels)).collect();
        let expected: Vec<_> = rows.into_iter().map(|(text, label)| (text, vec![Some(f64::from(label))])).collect();
        prop_assert_eq!(found, expected);
    }
}
