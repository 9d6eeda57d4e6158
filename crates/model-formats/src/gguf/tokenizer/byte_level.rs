//! Byte-level BPE: `tokenizer.ggml.model` is `gpt2`.

use serde_json::{Value, json};

use super::{Stages, Vocabulary};
use crate::gguf::{GgufFault, GgufValue, TokenizerFault, special};

/// How a text is split before anything is merged. The expressions are those of the models' own
/// `tokenizer.json`.
struct PreTokenizer {
    /// `tokenizer.ggml.pre`.
    names: &'static [&'static str],
    normalizer: Option<&'static str>,
    split: Split,
    /// Whether a piece that is a token is not merged from smaller ones.
    ignore_merges: bool,
    /// Whether a text begins with the token for it, where the metadata does not say.
    begins: bool,
}

enum Split {
    /// By GPT-2's expression, which `ByteLevel` has.
    Gpt2,
    /// The same, with digits one by one.
    Digits,
    /// By an expression of the model's own.
    Pattern(&'static str),
}

const CL100K: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const O200K: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

const PRE_TOKENIZERS: &[PreTokenizer] = &[
    PreTokenizer {
        names: &["gpt-2"],
        normalizer: None,
        split: Split::Gpt2,
        ignore_merges: false,
        begins: false,
    },
    PreTokenizer {
        names: &["smollm", "starcoder"],
        normalizer: None,
        split: Split::Digits,
        ignore_merges: false,
        begins: false,
    },
    PreTokenizer {
        names: &["llama-bpe", "llama3", "llama-v3"],
        normalizer: None,
        split: Split::Pattern(CL100K),
        ignore_merges: true,
        begins: true,
    },
    PreTokenizer {
        names: &["dbrx", "smaug-bpe"],
        normalizer: None,
        split: Split::Pattern(CL100K),
        ignore_merges: false,
        begins: false,
    },
    PreTokenizer {
        names: &["qwen2", "deepseek-r1-qwen"],
        normalizer: Some("NFC"),
        split: Split::Pattern(QWEN2),
        ignore_merges: false,
        begins: false,
    },
    PreTokenizer {
        names: &["tekken"],
        normalizer: None,
        split: Split::Pattern(TEKKEN),
        ignore_merges: true,
        begins: true,
    },
    PreTokenizer {
        names: &["gpt-4o"],
        normalizer: None,
        split: Split::Pattern(O200K),
        ignore_merges: false,
        begins: false,
    },
];

pub(super) fn tokenizer(vocabulary: &Vocabulary<'_>) -> Result<Value, GgufFault> {
    let pre = pre_tokenizer(vocabulary)?;
    let ids = vocabulary.ids(|id| vocabulary.tokens[id].clone())?;
    let merges = special::strings(vocabulary.metadata, "tokenizer.ggml.merges")?;
    let mut pairs = Vec::with_capacity(merges.len());
    for merge in merges {
        let pair = split(merge).filter(|(left, right)| {
            ids.contains_key(*left)
                && ids.contains_key(*right)
                && ids.contains_key(&[*left, *right].concat())
        });
        let (left, right) = pair.ok_or_else(|| TokenizerFault::Merge {
            merge: merge.clone(),
        })?;
        pairs.push(json!([left, right]));
    }
    let stages = Stages {
        normalizer: pre
            .normalizer
            .map_or(Value::Null, |form| json!({"type": form})),
        pre_tokenizer: pre.split.json(),
        decoder: byte_level(UseRegex::Yes),
        model: json!({
            "dropout": null,
            "unk_token": null,
            "continuing_subword_prefix": null,
            "end_of_word_suffix": null,
            "fuse_unk": false,
            "byte_fallback": false,
            "ignore_merges": pre.ignore_merges,
            "merges": pairs,
        }),
        begins: pre.begins,
    };
    Ok(vocabulary.assemble(&ids, stages))
}

fn pre_tokenizer(vocabulary: &Vocabulary<'_>) -> Result<&'static PreTokenizer, GgufFault> {
    let pre = vocabulary.metadata.get("tokenizer.ggml.pre");
    let pre = pre.and_then(GgufValue::as_str).unwrap_or("default");
    let known = || PRE_TOKENIZERS.iter().flat_map(|known| known.names);
    let found = PRE_TOKENIZERS
        .iter()
        .find(|known| known.names.contains(&pre));
    found.ok_or_else(|| {
        TokenizerFault::UnsupportedPreTokenizer {
            pre: pre.to_owned(),
            known: known().copied().collect::<Vec<_>>().join(", "),
        }
        .into()
    })
}

/// The two tokens of a merge. The first may itself begin with a space.
fn split(merge: &str) -> Option<(&str, &str)> {
    let start = merge.chars().next()?.len_utf8();
    let at = start + merge[start..].find(' ')?;
    Some((&merge[..at], &merge[at + 1..]))
}

#[derive(Clone, Copy)]
enum UseRegex {
    Yes,
    No,
}

/// Bytes to the printable characters that stand for them; also splits a text where asked to.
fn byte_level(split: UseRegex) -> Value {
    json!({
        "type": "ByteLevel",
        "add_prefix_space": false,
        "trim_offsets": true,
        "use_regex": matches!(split, UseRegex::Yes),
    })
}

impl Split {
    fn json(&self) -> Value {
        let stages = match self {
            Self::Gpt2 => return byte_level(UseRegex::Yes),
            Self::Digits => [
                json!({"type": "Digits", "individual_digits": true}),
                byte_level(UseRegex::Yes),
            ],
            Self::Pattern(pattern) => [
                json!({
                    "type": "Split",
                    "pattern": {"Regex": pattern},
                    "behavior": "Isolated",
                    "invert": false,
                }),
                byte_level(UseRegex::No),
            ],
        };
        json!({"type": "Sequence", "pretokenizers": stages})
    }
}
