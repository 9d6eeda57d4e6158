//! `tokenizer.json` out of the metadata.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::special::{self, Special, Token, TokenKind};
use super::{GgufFault, GgufValue, TokenizerFault};

mod byte_level;
mod sentencepiece;

/// The tokenizer of a model of this architecture, as the crate `tokenizers` reads it.
pub(super) fn tokenizer(
    metadata: &BTreeMap<String, GgufValue>,
    architecture: &str,
    special: &Special,
) -> Result<Value, GgufFault> {
    let key = "tokenizer.ggml.model";
    let missing = || GgufFault::MissingKey { key: key.into() };
    let model = metadata.get(key).and_then(GgufValue::as_str);
    let vocabulary = Vocabulary {
        metadata,
        tokens: special::tokens(metadata)?,
        kinds: special::kinds(metadata, special::tokens(metadata)?.len())?,
        special,
        strip_after_control: false,
    };
    match model.ok_or_else(missing)? {
        "gpt2" => byte_level::tokenizer(&vocabulary),
        "llama" => sentencepiece::tokenizer(&Vocabulary {
            // Phi 3 swallows white space behind its marks, which no metadata tells.
            strip_after_control: architecture == "phi3",
            ..vocabulary
        }),
        other => Err(TokenizerFault::UnsupportedModel {
            model: other.to_owned(),
        }
        .into()),
    }
}

/// The tokens of a model, and what both kinds of tokenizer make of them.
struct Vocabulary<'a> {
    metadata: &'a BTreeMap<String, GgufValue>,
    tokens: &'a [String],
    kinds: Vec<TokenKind>,
    special: &'a Special,
    /// Whether white space behind a control token belongs to it.
    strip_after_control: bool,
}

/// What differs between tokenizers.
struct Stages {
    normalizer: Value,
    pre_tokenizer: Value,
    decoder: Value,
    model: Value,
    /// Whether a text begins with the token for it where the metadata does not say.
    begins: bool,
}

/// Phi 3's tokens that swallow no white space.
const NEVER_STRIP: &[&str] = &["<unk>", "<s>", "<|endoftext|>"];

impl Vocabulary<'_> {
    fn flag(&self, key: &str) -> Option<bool> {
        self.metadata.get(key).and_then(GgufValue::as_bool)
    }

    /// Each token's id by its text, as `text` changes it.
    fn ids(
        &self,
        text: impl Fn(usize) -> String,
    ) -> Result<HashMap<String, usize>, TokenizerFault> {
        let mut ids = HashMap::with_capacity(self.tokens.len());
        for id in 0..self.tokens.len() {
            let token = text(id);
            if let Some(first) = ids.get(&token).copied() {
                return Err(TokenizerFault::DuplicateToken {
                    token,
                    first,
                    second: id,
                });
            }
            ids.insert(token, id);
        }
        Ok(ids)
    }

    fn assemble(&self, ids: &HashMap<String, usize>, stages: Stages) -> Value {
        let mut model = stages.model;
        model["type"] = json!("BPE");
        model["vocab"] = ids
            .iter()
            .map(|(text, id)| (text.clone(), json!(id)))
            .collect::<Map<_, _>>()
            .into();
        json!({
            "version": "1.0",
            "truncation": null,
            "padding": null,
            "added_tokens": self.added(ids),
            "normalizer": stages.normalizer,
            "pre_tokenizer": stages.pre_tokenizer,
            "post_processor": self.post_processor(stages.begins),
            "decoder": stages.decoder,
            "model": model,
        })
    }

    /// The tokens that are looked for before a text is split: control tokens, those of users, and
    /// those with a meaning of their own, whatever kind the file says they are.
    fn added(&self, ids: &HashMap<String, usize>) -> Vec<Value> {
        let mut texts: Vec<_> = ids.iter().map(|(text, id)| (*id, text)).collect();
        texts.sort_unstable();
        let added = texts.into_iter().filter_map(|(id, text)| {
            let control = self.kinds[id] == TokenKind::Control || self.special.is_named(id as u64);
            if !control && self.kinds[id] != TokenKind::UserDefined {
                return None;
            }
            let strip =
                control && self.strip_after_control && !NEVER_STRIP.contains(&text.as_str());
            Some(json!({
                "id": id,
                "content": text,
                "single_word": false,
                "lstrip": false,
                "rstrip": strip,
                "normalized": false,
                "special": control,
            }))
        });
        added.collect()
    }

    /// Puts the tokens that begin and end a text around it, where the model wants them.
    fn post_processor(&self, begins: bool) -> Value {
        let wanted = |key, default| self.flag(key).unwrap_or(default);
        let bos = self.special.bos.as_ref();
        let bos = bos.filter(|_| wanted("tokenizer.ggml.add_bos_token", begins));
        let eos = self.special.eos.as_ref();
        let eos = eos.filter(|_| wanted("tokenizer.ggml.add_eos_token", false));
        if bos.is_none() && eos.is_none() {
            return Value::Null;
        }
        let around = |sequence: &str, kind: u32| -> Vec<Value> {
            let token =
                |token: &Token| json!({"SpecialToken": {"id": token.text, "type_id": kind}});
            let text = json!({"Sequence": {"id": sequence, "type_id": kind}});
            bos.map(token)
                .into_iter()
                .chain([text])
                .chain(eos.map(token))
                .collect()
        };
        let described = [bos, eos].into_iter().flatten().map(|token| {
            let description = json!({"id": token.text, "ids": [token.id], "tokens": [token.text]});
            (token.text.clone(), description)
        });
        let pair = [around("A", 0), around("B", 1)].concat();
        json!({
            "type": "TemplateProcessing",
            "single": around("A", 0),
            "pair": pair,
            "special_tokens": described.collect::<Map<_, _>>(),
        })
    }
}
