//! What tokenizers make of texts, small ones and a real one.

mod broken;
pub(crate) mod small;

use std::sync::Arc;

use serde_json::json;

use self::small::{byte_level, decoded, gemma, metaspace, sentence_piece, texts, tokenizer};
use super::*;
use crate::native::cached::cached;
use crate::native::detokenizer::Detokenizer;
use crate::native::source::Source;

#[track_caller]
fn configured(json: &Value, tokenizer_config: Value) -> Tokenizer {
    let texts = Texts {
        tokenizer_config: Some(tokenizer_config),
        ..texts(json)
    };
    Tokenizer::new(&texts, &Value::Null).expect("a tokenizer")
}

fn id(tokenizer: &Tokenizer, token: &str) -> u32 {
    tokenizer.inner.token_to_id(token).expect("a token")
}

#[test]
fn text_becomes_tokens_and_special_tokens_are_found_in_it() {
    let tokenizer = tokenizer(&byte_level());
    let ids = tokenizer.encode("<|im_start|>a Paris").expect("encodes");
    let expected = ["<|im_start|>", "a", "ĠParis"].map(|token| id(&tokenizer, token));
    assert_eq!(ids, expected);
    assert_eq!(tokenizer.encode("").expect("encodes"), [0; 0]);
}

#[test]
fn raw_prompts_begin_with_one_bos_token_where_the_model_wants_it() {
    let bos = json!({ "bos_token": "<s>" });
    let object = json!({ "bos_token": { "content": "<s>", "special": true } });
    let with = |flag: bool| json!({ "bos_token": "<s>", "add_bos_token": flag });
    for (case, json, config, prompt, chat) in [
        ("post-processor", sentence_piece(), bos.clone(), true, false),
        ("told not to", sentence_piece(), with(false), false, false),
        ("told to", sentence_piece(), with(true), true, false),
        (
            "no post-processor",
            gemma_without_post_processor(),
            bos,
            false,
            false,
        ),
        (
            "as an object",
            gemma_without_post_processor(),
            object,
            false,
            false,
        ),
        (
            "told to, without",
            gemma_without_post_processor(),
            with(true),
            true,
            false,
        ),
    ] {
        let tokenizer = configured(&json, config);
        let begins = |ids: Vec<u32>| ids.iter().filter(|id| **id == 1).count();
        let raw = tokenizer.encode_prompt("Paris").expect("encodes");
        assert_eq!(
            (raw[0] == 1, begins(raw)),
            (prompt, usize::from(prompt)),
            "{case}"
        );
        let rendered = tokenizer.encode("Paris").expect("encodes");
        assert_eq!(begins(rendered), usize::from(chat), "{case}");
        for ids in [
            tokenizer.encode_prompt("<s>Paris"),
            tokenizer.encode("<s>Paris"),
        ] {
            assert_eq!(
                begins(ids.expect("encodes")),
                1,
                "{case}: it is spelled out"
            );
        }
    }
}

fn gemma_without_post_processor() -> Value {
    let mut json = gemma();
    json["post_processor"] = Value::Null;
    json
}

#[test]
fn answers_end_at_every_token_that_any_file_names() {
    let texts = Texts {
        tokenizer_config: Some(json!({ "eos_token": { "content": "<|endoftext|>" } })),
        generation_config: Some(json!({ "eos_token_id": [5, 6] })),
        ..texts(&byte_level())
    };
    let config = json!({ "eos_token_id": 7, "text_config": { "eos_token_id": 8 } });
    let tokenizer = Tokenizer::new(&texts, &config).expect("a tokenizer");
    let named = ["<|endoftext|>", "<|im_end|>", "<|eot_id|>"].map(|token| id(&tokenizer, token));
    let expected: BTreeSet<u32> = [5, 6, 7, 8].into_iter().chain(named).collect();
    assert_eq!(*tokenizer.ends(), expected);
}

#[test]
fn well_known_ends_count_where_they_are_special_only() {
    let mut json = byte_level();
    for token in json["added_tokens"].as_array_mut().expect("a list") {
        token["special"] = json!(token["content"] == "<|im_end|>");
    }
    let tokenizer = tokenizer(&json);
    assert_eq!(tokenizer.ends().iter().collect::<Vec<_>>(), [&2]);
}

#[test]
fn templates_get_the_tokens_that_have_names() {
    let config = json!({
        "bos_token": "<s>", "eos_token": { "content": "</s>" }, "pad_token": null,
        "add_bos_token": true, "model_max_length": 7,
    });
    let tokenizer = configured(&sentence_piece(), config);
    let named: Vec<_> = tokenizer
        .named()
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(named, [("bos_token", "<s>"), ("eos_token", "</s>")]);
}

#[test]
fn a_tokenizer_of_a_larger_vocabulary_is_refused_with_the_numbers() {
    let tokenizer = tokenizer(&byte_level());
    let entries = tokenizer.highest as usize + 1;
    tokenizer.check_against(entries).expect("fits");
    tokenizer.check_against(entries + 100).expect("rounded up");
    let error = tokenizer.check_against(entries - 1).expect_err("refused");
    let text = error.to_string();
    assert!(
        text.contains(&format!("ids up to {}", entries - 1)),
        "{text}"
    );
    assert!(text.contains(&format!("{} entries", entries - 1)), "{text}");
}

#[test]
fn single_tokens_are_shown_as_they_stand_within_a_text() {
    for json in [sentence_piece(), gemma(), metaspace()] {
        let tokenizer = tokenizer(&json);
        let text = |token| tokenizer.token_text(id(&tokenizer, token));
        assert_eq!(text("▁Paris"), " Paris");
        assert_eq!(text("</s>"), "</s>");
    }
    let tokenizer = tokenizer(&byte_level());
    let text = |token| tokenizer.token_text(id(&tokenizer, token));
    assert_eq!(text("ĠParis"), " Paris");
    assert_eq!(text("ðŁĺ"), "\u{FFFD}");
    assert_eq!(text("工具"), "工具");
    assert_eq!(text("<|im_end|>"), "<|im_end|>");
    assert_eq!(tokenizer.token_text(1_000_000), "");
}

#[test]
fn truncation_and_padding_of_the_training_are_dropped() {
    let mut json = byte_level();
    json["truncation"] = json!({
        "direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0,
    });
    json["padding"] = json!({
        "strategy": { "Fixed": 9 }, "direction": "Right", "pad_to_multiple_of": null,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "<|endoftext|>",
    });
    assert_eq!(
        tokenizer(&json)
            .encode_prompt("abcd")
            .expect("encodes")
            .len(),
        4
    );
}

/// The model that `cargo xtask setup` fetches.
fn smollm2() -> Source {
    Source::open(&cached("models/SmolLM2-135M-Instruct.Q4_1.gguf")).expect("a model")
}

#[test]
fn the_real_tokenizer_gives_the_ids_of_llama_server() {
    let source = smollm2();
    let tokenizer = Tokenizer::new(&source.texts, &source.config).expect("a tokenizer");
    tokenizer.check_against(49_152).expect("fits");
    assert_eq!(tokenizer.highest, 49_151);
    assert_eq!(tokenizer.ends().iter().collect::<Vec<_>>(), [&0, &2]);
    let shared = Arc::new(tokenizer);
    // What `/tokenize` of llama-server answers for the same file.
    let cases: [(&str, &[u32]); 6] = [
        ("The capital of France is", &[504, 3575, 282, 4649, 314]),
        (
            "Hello, world! 12345",
            &[19556, 28, 905, 17, 216, 33, 34, 35, 36, 37],
        ),
        (
            "ça 工具 😀",
            &[11512, 81, 13223, 132, 115, 17086, 132, 40303, 218],
        ),
        (
            "\n\n\t  def f(x):\r\n ",
            &[14436, 216, 753, 275, 24, 104, 727, 23799],
        ),
        (
            "it's we'LL don't    ",
            &[269, 506, 392, 23, 16421, 1326, 982, 289],
        ),
        (
            "<|im_start|>user\nHi<|im_end|>\n",
            &[1, 4093, 198, 26843, 2, 198],
        ),
    ];
    for (text, ids) in cases {
        assert_eq!(shared.encode(text).expect("encodes"), ids, "{text:?}");
        assert_eq!(
            shared.encode_prompt(text).expect("encodes"),
            ids,
            "no bos: {text:?}"
        );
        let mut detokenizer = Detokenizer::new(Arc::clone(&shared));
        let shown: String = ids.iter().map(|id| detokenizer.push(*id)).collect();
        assert_eq!(shown + &detokenizer.finish(), decoded(&shared, ids));
    }
}
