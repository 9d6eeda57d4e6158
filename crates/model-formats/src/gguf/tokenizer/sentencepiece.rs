//! SentencePiece's BPE: `tokenizer.ggml.model` is `llama`.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Stages, Vocabulary};
use crate::gguf::special::{TokenKind, check_len};
use crate::gguf::{GgufFault, GgufValue, TokenizerFault};

/// What SentencePiece writes for a space.
const SPACE: &str = "▁";
/// Far more than SentencePiece makes, whose pieces have 16 characters.
const MAX_TOKEN: usize = 1024;
/// Where the metadata does not say.
const UNKNOWN: usize = 0;

pub(super) fn tokenizer(vocabulary: &Vocabulary<'_>) -> Result<Value, GgufFault> {
    let ids = vocabulary.ids(|id| text(vocabulary, id))?;
    let unknown = vocabulary.special.unknown.as_ref().map(|token| &token.text);
    let prefix = vocabulary
        .flag("tokenizer.ggml.add_space_prefix")
        .unwrap_or(true);
    let stages = Stages {
        normalizer: normalizer(prefix),
        pre_tokenizer: Value::Null,
        decoder: decoder(prefix),
        model: json!({
            "dropout": null,
            "unk_token": unknown.or(vocabulary.tokens.get(UNKNOWN)),
            "continuing_subword_prefix": null,
            "end_of_word_suffix": null,
            "fuse_unk": true,
            "byte_fallback": true,
            "ignore_merges": false,
            "merges": merges(vocabulary, &ids)?,
        }),
        begins: true,
    };
    Ok(vocabulary.assemble(&ids, stages))
}

/// A token's text as SentencePiece has it: llama.cpp turns the runs of spaces among the user's
/// tokens into real spaces.
fn text(vocabulary: &Vocabulary<'_>, id: usize) -> String {
    let text = &vocabulary.tokens[id];
    let spaces = vocabulary.kinds[id] == TokenKind::UserDefined && text.bytes().all(|b| b == b' ');
    if spaces {
        SPACE.repeat(text.len())
    } else {
        text.clone()
    }
}

fn normalizer(prefix: bool) -> Value {
    let replace = json!({"type": "Replace", "pattern": {"String": " "}, "content": SPACE});
    if !prefix {
        return replace;
    }
    json!({
        "type": "Sequence",
        "normalizers": [{"type": "Prepend", "prepend": SPACE}, replace],
    })
}

fn decoder(prefix: bool) -> Value {
    let mut stages = vec![
        json!({"type": "Replace", "pattern": {"String": SPACE}, "content": " "}),
        json!({"type": "ByteFallback"}),
        json!({"type": "Fuse"}),
    ];
    if prefix {
        stages.push(json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}));
    }
    json!({"type": "Sequence", "decoders": stages})
}

/// A pair of tokens that make a third.
struct Merge<'a> {
    left: &'a str,
    right: &'a str,
    score: f64,
}

/// All pairs of tokens that make a third, best score first.
///
/// SentencePiece has no list of merges: it joins the pair that makes the token of the best score.
/// Of equal scores, the pair with the longer left part comes first, as transformers has it.
fn merges(
    vocabulary: &Vocabulary<'_>,
    ids: &HashMap<String, usize>,
) -> Result<Vec<Value>, GgufFault> {
    let scores = scores(vocabulary)?;
    let mut tokens: Vec<(usize, &str)> = ids.iter().map(|(text, id)| (*id, &**text)).collect();
    tokens.sort_unstable();
    let mut merges = Vec::new();
    for (id, token) in tokens {
        let score = match vocabulary.kinds[id] {
            TokenKind::Normal => scores[id],
            // These are looked for before all others.
            TokenKind::UserDefined => f64::INFINITY,
            TokenKind::Control | TokenKind::Other => continue,
        };
        if token.len() > MAX_TOKEN {
            let bytes = token.len();
            return Err(TokenizerFault::LongToken { id, bytes }.into());
        }
        let first = merges.len();
        merges.extend(splits(token).filter_map(|(left, right)| {
            let known = ids.contains_key(left) && ids.contains_key(right);
            known.then_some(Merge { left, right, score })
        }));
        merges[first..].sort_by_key(|merge| (ids[merge.left], ids[merge.right]));
    }
    merges.sort_by(|a, b| {
        let lengths =
            |merge: &Merge<'_>| Reverse((merge.left.chars().count(), merge.right.chars().count()));
        let by_score = b.score.total_cmp(&a.score);
        by_score.then_with(|| lengths(a).cmp(&lengths(b)))
    });
    Ok(merges
        .into_iter()
        .map(|merge| json!([merge.left, merge.right]))
        .collect())
}

/// Both parts of a token, for every way to cut it in two.
fn splits(token: &str) -> impl Iterator<Item = (&str, &str)> {
    let cuts = token.char_indices().map(|(at, _)| at).skip(1);
    cuts.map(|at| token.split_at(at))
}

fn scores(vocabulary: &Vocabulary<'_>) -> Result<Vec<f64>, GgufFault> {
    let key = "tokenizer.ggml.scores";
    let missing = || GgufFault::MissingKey { key: key.into() };
    let value = vocabulary.metadata.get(key).ok_or_else(missing)?;
    let mistyped = || GgufFault::Mistyped {
        key: key.into(),
        expected: "a list of numbers",
    };
    let scores = value.as_scalars().ok_or_else(mistyped)?;
    check_len(key, scores.len(), vocabulary.tokens.len())?;
    let scores = scores.map(|score| GgufValue::Scalar(score).as_f64());
    scores.collect::<Option<_>>().ok_or_else(mistyped)
}
