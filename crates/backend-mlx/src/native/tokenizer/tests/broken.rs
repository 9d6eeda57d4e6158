//! Files that no tokenizer is made of.

use proptest::prelude::*;
use serde_json::json;

use super::small::{byte_level, sentence_piece, texts, words};
use crate::native::tokenizer::*;

#[track_caller]
fn refused(json: &Value) -> TokenizerError {
    Tokenizer::new(&texts(json), &Value::Null).expect_err("refused")
}

#[test]
fn decoders_that_are_not_known_are_refused_by_name() {
    let fuse = json!({ "type": "Fuse" });
    for (decoder, named) in [
        (
            json!({ "type": "WordPiece", "prefix": "##", "cleanup": true }),
            "WordPiece",
        ),
        (
            json!({ "type": "BPEDecoder", "suffix": "</w>" }),
            "BPEDecoder",
        ),
        (
            json!({ "type": "Strip", "content": " ", "start": 1, "stop": 0 }),
            "Strip",
        ),
        (
            json!({ "type": "Sequence", "decoders": [
                fuse, { "type": "Strip", "content": " ", "start": 0, "stop": 1 },
            ]}),
            "Strip",
        ),
        (
            json!({ "type": "Sequence", "decoders": [
                { "type": "Replace", "pattern": { "Regex": "a+" }, "content": " " },
            ]}),
            "Regex",
        ),
        (
            json!({ "type": "Sequence", "decoders": [fuse, { "type": "ByteFallback" }]}),
            "Sequence",
        ),
    ] {
        let mut json = sentence_piece();
        json["decoder"] = decoder;
        let error = refused(&json);
        assert!(matches!(error, TokenizerError::Decoder { .. }), "{error:?}");
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[test]
fn broken_files_are_errors() {
    let whole = serde_json::to_vec(&byte_level()).expect("serialises");
    for end in [0, 1, 20, whole.len() / 2, whole.len() - 1] {
        let texts = Texts {
            tokenizer: whole[..end].to_vec(),
            ..Texts::default()
        };
        let error = Tokenizer::new(&texts, &Value::Null).expect_err("refused");
        assert!(matches!(error, TokenizerError::Json(_)), "{error:?}");
    }
    for json in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "model": { "type": "Magic" } }),
    ] {
        assert!(
            matches!(refused(&json), TokenizerError::Malformed(_)),
            "{json}"
        );
    }
    let mut undescribed = sentence_piece();
    undescribed["post_processor"]["special_tokens"] = json!({});
    let error = refused(&undescribed);
    assert!(matches!(error, TokenizerError::Malformed(_)), "{error:?}");
    let mut renumbered = byte_level();
    renumbered["added_tokens"][1]["id"] = json!(77);
    let error = refused(&renumbered);
    assert!(
        matches!(error, TokenizerError::AddedToken { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("77"), "{error}");
}

/// Every place in a JSON value.
fn places(json: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                places(value, &format!("{path}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (place, value) in items.iter().enumerate() {
                places(value, &format!("{path}/{place}"), found);
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn wrong_fields_are_errors_and_never_panics(
        json in prop::sample::select(vec![sentence_piece(), words(), byte_level()]),
        place: prop::sample::Index,
        wrong in prop::sample::select(vec![
            json!(null), json!(-1), json!(1e300), json!(u64::MAX), json!(""), json!("▁"),
            json!([]), json!({}), json!({ "type": "Sequence" }), json!(true),
        ]),
        ids in prop::collection::vec(0_u32..600, 0..20),
    ) {
        let mut found = Vec::new();
        places(&json, "", &mut found);
        found.retain(|path| !path.starts_with("/model/vocab/"));
        let path = place.get(&found);
        let mut json = json.clone();
        *json.pointer_mut(path).expect("a place") = wrong;
        if let Ok(tokenizer) = Tokenizer::new(&texts(&json), &json) {
            tokenizer.encode_prompt("<s>Paris, ça 工具 😀").ok();
            tokenizer.check_against(5).ok();
            let mut bytes = Vec::new();
            for id in ids {
                tokenizer.token_text(id);
                tokenizer.append(id, Place::First, &mut bytes);
            }
        }
    }
}
