//! Tokenizers out of GGUF metadata, beside those that they were written from.

use std::path::Path;
use std::str::FromStr;

use model_formats::{GgufFault, GgufModel, Precision};
use serde::Deserialize;
use serde_json::Value;
use tokenizers::Tokenizer;

use crate::gguf_blocks::tiny_llama;
use crate::gguf_bytes::{GgufBytes, smollm2};

#[derive(Deserialize)]
struct Golden {
    metadata: Metadata,
    cases: Vec<Case>,
}

/// `tokenizer.ggml.…`
#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    model: String,
    pre: Option<String>,
    tokens: Vec<String>,
    token_type: Vec<i32>,
    scores: Vec<f32>,
    merges: Vec<String>,
    add_space_prefix: Option<bool>,
    bos_token_id: Option<u32>,
    unknown_token_id: Option<u32>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    ids: Vec<u32>,
}

fn golden(name: &str) -> Golden {
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/gguf_tokenizers");
    let text = std::fs::read(goldens.join(format!("{name}.json"))).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// A model of four numbers a token with this tokenizer.
fn model_of(metadata: &Metadata) -> GgufModel {
    let texts = |texts: &[String]| texts.iter().map(String::clone).collect::<Vec<_>>();
    let tokens = texts(&metadata.tokens);
    let merges = texts(&metadata.merges);
    let rows = tokens.len();
    let mut file = tiny_llama()
        .without_tensor("token_embd.weight")
        .tensor(
            "token_embd.weight",
            &[rows as u64, 4],
            0,
            &vec![0; rows * 16],
        )
        .text("tokenizer.ggml.model", &metadata.model)
        .strings(
            "tokenizer.ggml.tokens",
            &tokens.iter().map(|t| &**t).collect::<Vec<_>>(),
        )
        .i32s("tokenizer.ggml.token_type", &metadata.token_type)
        .strings(
            "tokenizer.ggml.merges",
            &merges.iter().map(|m| &**m).collect::<Vec<_>>(),
        )
        .without("tokenizer.ggml.bos_token_id");
    if !metadata.scores.is_empty() {
        file = file.f32s("tokenizer.ggml.scores", &metadata.scores);
    }
    if let Some(pre) = &metadata.pre {
        file = file.text("tokenizer.ggml.pre", pre);
    }
    if let Some(prefix) = metadata.add_space_prefix {
        file = file.bool("tokenizer.ggml.add_space_prefix", prefix);
    }
    for (key, id) in [
        ("tokenizer.ggml.bos_token_id", metadata.bos_token_id),
        ("tokenizer.ggml.unknown_token_id", metadata.unknown_token_id),
    ] {
        if let Some(id) = id {
            file = file.u32(key, id);
        }
    }
    open(&file)
}

#[track_caller]
fn open(file: &GgufBytes) -> GgufModel {
    let (_folder, path) = file.save();
    GgufModel::open(path, Precision::AsStored).unwrap()
}

fn tokenizer(json: &Value) -> Tokenizer {
    Tokenizer::from_str(&json.to_string()).unwrap()
}

#[track_caller]
fn check_cases(name: &str, tokenizer: &Tokenizer, cases: &[Case]) {
    for case in cases {
        let encoding = tokenizer.encode(case.text.as_str(), false).unwrap();
        assert_eq!(encoding.get_ids(), case.ids, "{name}: {:?}", case.text);
        let text = tokenizer.decode(&case.ids, false).unwrap();
        // What is normalised does not come back as it was.
        if !case.text.contains(['\u{301}', 'ﬁ']) {
            assert_eq!(text, case.text, "{name}");
        }
    }
}

#[track_caller]
fn check(name: &str) {
    let golden = golden(name);
    let json = model_of(&golden.metadata).tokenizer().unwrap();
    check_cases(name, &tokenizer(&json), &golden.cases);
}

#[test]
fn byte_level_tokenizers_give_the_ids_of_their_origin() {
    for name in [
        "gpt-2",
        "smollm",
        "llama-bpe",
        "qwen2",
        "tekken",
        "gpt-4o",
        "dbrx",
    ] {
        check(name);
    }
}

#[test]
fn sentencepiece_tokenizers_give_the_ids_of_sentencepiece() {
    check("spm_llama");
    check("spm_gemma");
}

#[test]
fn the_real_models_tokenizer_gives_the_ids_of_transformers() {
    let model = GgufModel::open(smollm2(), Precision::AsStored).unwrap();
    let json = model.tokenizer().unwrap();
    check_cases("smollm2", &tokenizer(&json), &golden("smollm2").cases);
}

#[test]
fn every_name_of_a_pre_tokenizer_is_known() {
    for pre in [
        "starcoder",
        "llama3",
        "llama-v3",
        "smaug-bpe",
        "deepseek-r1-qwen",
    ] {
        let json = open(&tiny_llama().text("tokenizer.ggml.pre", pre))
            .tokenizer()
            .unwrap();
        assert_eq!(
            tokenizer(&json).encode("ab", false).unwrap().get_ids(),
            [2],
            "{pre}"
        );
    }
}

#[test]
fn a_text_begins_and_ends_as_the_model_wants() {
    let add = |bos, eos| {
        let file = tiny_llama()
            .u32("tokenizer.ggml.eos_token_id", 0)
            .bool("tokenizer.ggml.add_bos_token", bos)
            .bool("tokenizer.ggml.add_eos_token", eos);
        let tokenizer = tokenizer(&open(&file).tokenizer().unwrap());
        tokenizer.encode("b", true).unwrap().get_ids().to_vec()
    };
    assert_eq!(add(false, false), [1]);
    assert_eq!(add(true, false), [3, 1]);
    assert_eq!(add(true, true), [3, 1, 0]);
    // Where the file does not say, the kind of tokenizer decides.
    for (pre, ids) in [("gpt-2", &[2][..]), ("llama-bpe", &[3, 2])] {
        let json = open(&tiny_llama().text("tokenizer.ggml.pre", pre))
            .tokenizer()
            .unwrap();
        assert_eq!(
            tokenizer(&json).encode("ab", true).unwrap().get_ids(),
            ids,
            "{pre}"
        );
    }
}

#[test]
fn special_tokens_are_not_split() {
    let json = open(&tiny_llama()).tokenizer().unwrap();
    let tokenizer = tokenizer(&json);
    assert_eq!(
        tokenizer.encode("a<s>b", false).unwrap().get_ids(),
        [0, 3, 1]
    );
    assert_eq!(tokenizer.decode(&[0, 3, 1], true).unwrap(), "ab");
    // Old files say of the token that ends an answer that it is like all others.
    let old = tiny_llama()
        .without("tokenizer.ggml.token_type")
        .u32("tokenizer.ggml.eot_token_id", 3);
    let json = open(&old).tokenizer().unwrap();
    let tokenizer = self::tokenizer(&json);
    assert_eq!(
        tokenizer.encode("a<s>b", false).unwrap().get_ids(),
        [0, 3, 1]
    );
}

#[track_caller]
fn check_fault(file: &GgufBytes, message: &str) {
    let (_folder, path) = file.save();
    let fault = GgufModel::open(path, Precision::AsStored)
        .and_then(|model| model.tokenizer())
        .expect_err("the tokenizer is bad")
        .fault;
    assert!(fault.to_string().contains(message), "{fault}");
    assert!(!matches!(fault, GgufFault::Io(_)), "{fault:?}");
}

#[test]
fn unknown_tokenizers_are_refused_by_name() {
    let bert = tiny_llama().text("tokenizer.ggml.model", "bert");
    check_fault(&bert, "the tokenizer bert is not supported");
    let none = tiny_llama().without("tokenizer.ggml.model");
    check_fault(&none, "tokenizer.ggml.model is missing");
    let bloom = tiny_llama().text("tokenizer.ggml.pre", "bloom");
    check_fault(
        &bloom,
        "the pre-tokenizer bloom is not known, only gpt-2, smollm,",
    );
    let old = tiny_llama().without("tokenizer.ggml.pre");
    check_fault(&old, "the pre-tokenizer default is not known");
}

#[test]
fn lists_that_disagree_are_refused() {
    let spm = || {
        tiny_llama()
            .text("tokenizer.ggml.model", "llama")
            .f32s("tokenizer.ggml.scores", &[0.0, 0.0, 1.0, 0.0])
    };
    let long = "x".repeat(2000);
    let cases = [
        (
            tiny_llama().without("tokenizer.ggml.tokens"),
            "tokenizer.ggml.tokens is missing",
        ),
        (
            tiny_llama().text("tokenizer.ggml.tokens", "a"),
            "tokens is not a list of texts",
        ),
        (
            tiny_llama().i32s("tokenizer.ggml.token_type", &[1]),
            "token_type has 1 entries for 4",
        ),
        (
            tiny_llama().text("tokenizer.ggml.token_type", ""),
            "token_type is not a list of numbers",
        ),
        (
            tiny_llama().without("tokenizer.ggml.merges"),
            "tokenizer.ggml.merges is missing",
        ),
        (
            tiny_llama().strings("tokenizer.ggml.merges", &["ab"]),
            "merge \"ab\" is not of tokens",
        ),
        (
            tiny_llama().strings("tokenizer.ggml.merges", &["a c"]),
            "merge \"a c\" is not of tokens",
        ),
        (
            tiny_llama().strings("tokenizer.ggml.merges", &["b a"]),
            "merge \"b a\" is not of tokens",
        ),
        (
            tiny_llama().strings("tokenizer.ggml.merges", &[""]),
            "merge \"\" is not of tokens",
        ),
        (
            tiny_llama().strings("tokenizer.ggml.tokens", &["a", "b", "ab", "a"]),
            "tokens 0 and 3 are both \"a\"",
        ),
        (
            tiny_llama().strings("tokenizer.ggml.tokens", &["a", "b", "ab", "<s>", "c"]),
            "token_type has 4 entries for 5",
        ),
        (
            tiny_llama()
                .without("tokenizer.ggml.token_type")
                .strings("tokenizer.ggml.tokens", &["a", "b", "ab", "<s>", "c"]),
            "token_embd.weight has 4 entries for 5 tokens",
        ),
        (
            tiny_llama().u32("tokenizer.ggml.bos_token_id", 4),
            "bos_token_id is 4, there are 4",
        ),
        (
            tiny_llama().text("tokenizer.ggml.eos_token_id", "2"),
            "eos_token_id is not the id",
        ),
        (
            spm().without("tokenizer.ggml.scores"),
            "tokenizer.ggml.scores is missing",
        ),
        (
            spm().f32s("tokenizer.ggml.scores", &[0.0]),
            "scores has 1 entries for 4",
        ),
        (
            spm().i32s("tokenizer.ggml.scores", &[0; 4]),
            "scores is not a list of numbers",
        ),
        (
            spm().strings("tokenizer.ggml.tokens", &["a", "b", &long, "<s>"]),
            "the token 2 has 2000 bytes",
        ),
    ];
    for (file, message) in cases {
        check_fault(&file, message);
    }
}
