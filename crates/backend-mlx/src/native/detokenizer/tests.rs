//! Text as it comes beside text as a whole.

use proptest::prelude::*;
use serde_json::Value;

use super::super::tokenizer::tests::small;
use super::*;

fn shared(json: &Value) -> Arc<Tokenizer> {
    Arc::new(small::tokenizer(json))
}

/// The pieces of an answer, the last one from its end.
fn pieces(mut detokenizer: Detokenizer, ids: &[u32]) -> Vec<String> {
    let mut pieces: Vec<String> = ids.iter().map(|id| detokenizer.push(*id)).collect();
    pieces.push(detokenizer.finish());
    pieces
}

fn ids(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    tokenizer.encode(text).expect("encodes")
}

fn every_kind() -> Vec<Value> {
    vec![
        small::byte_level(),
        small::sentence_piece(),
        small::gemma(),
        small::metaspace(),
        small::words(),
    ]
}

/// Text with what is hard about text.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[a-zABC.,]{0,6}",
        3 => " {1,3}",
        2 => prop::sample::select(vec![
            "Paris", "é", "工具", "😀", "👩‍👩‍👧", "🇫🇷", "\n", "\t", "�", "ẞ", "▁", "Ġ", "<tool_call>",
            "<0x41>", "<s>", "<|im_end|>",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn pieces_of_texts_are_the_whole(json in prop::sample::select(every_kind()), text in text()) {
        let tokenizer = shared(&json);
        let ids = ids(&tokenizer, &text);
        let pieces = pieces(Detokenizer::new(Arc::clone(&tokenizer)), &ids);
        prop_assert_eq!(pieces.concat(), small::decoded(&tokenizer, &ids));
    }

    #[test]
    fn pieces_of_any_tokens_are_the_whole(
        json in prop::sample::select(every_kind()),
        ids in prop::collection::vec(0_u32..330, 0..40),
    ) {
        let tokenizer = shared(&json);
        let pieces = pieces(Detokenizer::new(Arc::clone(&tokenizer)), &ids);
        let whole = small::decoded(&tokenizer, &ids);
        let bytes_alone = json["model"]["byte_fallback"] == true;
        if !(bytes_alone && whole.contains(char::REPLACEMENT_CHARACTER)) {
            prop_assert_eq!(pieces.concat(), whole);
        }
    }

    #[test]
    fn pieces_of_any_bytes_are_those_of_all_bytes(
        bytes in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let tokenizer = shared(&small::gemma());
        let ids: Vec<u32> = bytes.iter().map(|byte| 3 + u32::from(*byte)).collect();
        let pieces = pieces(Detokenizer::new(tokenizer), &ids);
        prop_assert_eq!(pieces.concat(), String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn a_character_shows_when_it_is_whole() {
    for json in [small::byte_level(), small::gemma()] {
        let tokenizer = shared(&json);
        let ids = ids(&tokenizer, "😀a");
        let pieces = pieces(Detokenizer::new(tokenizer), &ids);
        let shown: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let (end, held) = shown.split_at(shown.len() - 3);
        assert!(end.iter().all(|piece| piece.is_empty()), "{shown:?}");
        assert_eq!(held, ["😀", "a", ""], "{shown:?}");
    }
}

#[test]
fn what_is_no_character_is_shown_as_such() {
    let tokenizer = shared(&small::gemma());
    let byte = |byte: u8| 3 + u32::from(byte);
    let a = ids(&tokenizer, "a")[0];
    let mut detokenizer = Detokenizer::new(tokenizer);
    assert_eq!(detokenizer.push(byte(0xF0)), "");
    assert_eq!(detokenizer.push(byte(0x9F)), "");
    assert_eq!(detokenizer.push(a), "\u{FFFD}a");
    assert_eq!(
        detokenizer.push(byte(0xFF)),
        "\u{FFFD}",
        "never part of a character"
    );
    assert_eq!(detokenizer.push(byte(b'\n')), "\n", "waits for nothing");
    assert_eq!(detokenizer.push(byte(0xE2)), "");
    assert_eq!(detokenizer.finish(), "\u{FFFD}");
    assert_eq!(detokenizer.finish(), "");
}

#[test]
fn a_text_of_its_own_loses_the_space_before_it_and_a_continuation_keeps_it() {
    for (json, own) in [
        (small::sentence_piece(), "Paris a"),
        (small::metaspace(), "Paris a"),
        (small::gemma(), " Paris a"),
        (small::byte_level(), " Paris a"),
    ] {
        let tokenizer = shared(&json);
        let prompt = ids(&tokenizer, "a");
        let mut answer = ids(&tokenizer, "a Paris a").split_off(prompt.len());
        answer.insert(0, 2);
        let text = |detokenizer| pieces(detokenizer, &answer).concat();
        assert_eq!(text(Detokenizer::new(Arc::clone(&tokenizer))), own);
        assert_eq!(text(Detokenizer::continuing(tokenizer)), " Paris a");
    }
}

#[test]
fn special_tokens_and_ids_of_no_token_show_nothing() {
    let tokenizer = shared(&small::byte_level());
    let ids = ids(&tokenizer, "a<|im_end|><tool_call>工具<|eot_id|>");
    let mut detokenizer = Detokenizer::new(tokenizer);
    let shown: String = ids.into_iter().map(|id| detokenizer.push(id)).collect();
    assert_eq!(shown, "a<tool_call>工具");
    assert_eq!(detokenizer.push(49_000), "");
}
