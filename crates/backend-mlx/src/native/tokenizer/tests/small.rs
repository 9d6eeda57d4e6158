//! Small tokenizers of every kind.

use serde_json::json;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

use crate::native::tokenizer::*;

/// Special tokens first, then others that were added later.
fn added(special: &[&str], plain: &[&str], first: usize) -> Value {
    let special = special.iter().map(|token| (token, true));
    let tokens = special.chain(plain.iter().map(|token| (token, false)));
    (first..)
        .zip(tokens)
        .map(|(id, (content, special))| {
            json!({
                "id": id, "content": content, "special": special,
                "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
            })
        })
        .collect()
}

fn vocabulary(tokens: &[String]) -> Value {
    let ids = tokens.iter().zip(0..);
    ids.map(|(token, id): (_, u32)| (token.clone(), json!(id)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Bytes as characters, as in Llama 3, Qwen and SmolLM2.
pub(crate) fn byte_level() -> Value {
    let mut alphabet: Vec<String> = ByteLevel::alphabet()
        .into_iter()
        .map(String::from)
        .collect();
    alphabet.sort_unstable();
    let merges = ["Ġ P", "a r", "ĠP ar", "i s", "ĠPar is", "ð Ł", "ðŁ ĺ"];
    let special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
    let mut tokens: Vec<String> = special.map(str::to_owned).into();
    tokens.extend(alphabet);
    tokens.extend(merges.map(|merge| merge.replace(' ', "")));
    let vocabulary = vocabulary(&tokens);
    let mut added_tokens = added(&special, &[], 0);
    let later = added(&["<|eot_id|>"], &["<tool_call>", "工具"], tokens.len());
    let later = later.as_array().expect("a list").clone();
    added_tokens.as_array_mut().expect("a list").extend(later);
    json!({
        "version": "1.0",
        "added_tokens": added_tokens,
        "pre_tokenizer": { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true },
        "decoder": { "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true },
        "model": { "type": "BPE", "vocab": vocabulary, "merges": merges },
    })
}

/// SentencePiece with byte fallback, as in Llama 2, Mistral and Phi-3: a space before every text.
pub(crate) fn sentence_piece() -> Value {
    let mut tokens: Vec<String> = ["<unk>", "<s>", "</s>"].map(str::to_owned).into();
    tokens.extend((0..256).map(|byte| format!("<0x{byte:02X}>")));
    tokens.extend(
        "▁abcdefghijklmnopqrstuvwxyzABCP.,é"
            .chars()
            .map(String::from),
    );
    let merges = ["▁ P", "a r", "▁P ar", "i s", "▁Par is", "▁ ▁"];
    tokens.extend(merges.map(|merge| merge.replace(' ', "")));
    json!({
        "version": "1.0",
        "added_tokens": added(&["<unk>", "<s>", "</s>"], &[], 0),
        "normalizer": { "type": "Sequence", "normalizers": [
            { "type": "Prepend", "prepend": "▁" },
            { "type": "Replace", "pattern": { "String": " " }, "content": "▁" },
        ]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                { "SpecialToken": { "id": "<s>", "type_id": 0 } },
                { "Sequence": { "id": "A", "type_id": 0 } },
            ],
            "pair": [
                { "Sequence": { "id": "A", "type_id": 0 } },
                { "Sequence": { "id": "B", "type_id": 1 } },
            ],
            "special_tokens": { "<s>": { "id": "<s>", "ids": [1], "tokens": ["<s>"] } },
        },
        "decoder": { "type": "Sequence", "decoders": [
            { "type": "Replace", "pattern": { "String": "▁" }, "content": " " },
            { "type": "ByteFallback" },
            { "type": "Fuse" },
            { "type": "Strip", "content": " ", "start": 1, "stop": 0 },
        ]},
        "model": {
            "type": "BPE", "vocab": vocabulary(&tokens), "merges": merges,
            "byte_fallback": true, "unk_token": "<unk>", "fuse_unk": true,
        },
    })
}

/// As [`sentence_piece`], but texts keep the space at their start, as in Gemma.
pub(crate) fn gemma() -> Value {
    let mut json = sentence_piece();
    json["normalizer"] = json!(
        { "type": "Replace", "pattern": { "String": " " }, "content": "▁" }
    );
    let decoders = json["decoder"]["decoders"].as_array_mut();
    decoders.expect("a list").pop();
    json
}

/// As [`sentence_piece`], with the older decoder.
pub(crate) fn metaspace() -> Value {
    let mut json = sentence_piece();
    json["decoder"] = json!(
        { "type": "Metaspace", "replacement": "▁", "add_prefix_space": true }
    );
    json
}

/// Words, and no decoder.
pub(crate) fn words() -> Value {
    let tokens = ["[UNK]", "the", "cat", "sat"].map(str::to_owned);
    json!({
        "version": "1.0",
        "added_tokens": added(&["[UNK]"], &[], 0),
        "pre_tokenizer": { "type": "Whitespace" },
        "model": { "type": "WordLevel", "vocab": vocabulary(&tokens), "unk_token": "[UNK]" },
    })
}

pub(crate) fn texts(tokenizer: &Value) -> Texts {
    Texts {
        tokenizer: serde_json::to_vec(tokenizer).expect("serialises"),
        ..Texts::default()
    }
}

#[track_caller]
pub(crate) fn tokenizer(json: &Value) -> Tokenizer {
    Tokenizer::new(&texts(json), &Value::Null).expect("a tokenizer")
}

/// What the crate itself makes of the ids.
pub(crate) fn decoded(tokenizer: &Tokenizer, ids: &[u32]) -> String {
    tokenizer.inner.decode(ids, true).expect("decodes")
}
