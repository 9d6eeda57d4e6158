//! Log probabilities, in the shape of chat completions and in the older one of completions.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::lenient::or_default;

/// The `logprobs` object of a choice.
///
/// Chat completions fill [`content`](Self::content), the original completions endpoint the
/// parallel arrays; llama-server uses the first shape on both. [`Logprobs::entries`] reads
/// either.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Logprobs {
    /// The chat shape: one entry a token.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "with_alternatives",
        deserialize_with = "or_default"
    )]
    pub content: Vec<TokenLogprob>,
    /// The older shape: the tokens.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub tokens: Vec<String>,
    /// The older shape: the log probability of each token; none where there is none, as for the
    /// first token of an echoed prompt.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub token_logprobs: Vec<Option<f64>>,
    /// The older shape: alternatives of each token.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub top_logprobs: Vec<Option<Alternatives>>,
    /// The older shape: where each token starts in the text, in characters.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub text_offset: Vec<u64>,
}

/// One token with its log probability.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenLogprob {
    /// Its id in the vocabulary, where the server tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// Its text; a token that is not UTF-8 by itself is only whole in [`bytes`](Self::bytes).
    #[serde(deserialize_with = "or_default")]
    pub token: String,
    /// Its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Vec<u8>>,
    /// Natural logarithm of its probability. An impossible token has negative infinity, which
    /// JSON writes as null.
    #[serde(default = "impossible", deserialize_with = "or_impossible")]
    pub logprob: f64,
    /// The likeliest tokens at this place, likeliest first, without further alternatives.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub top_logprobs: Vec<Self>,
}

/// The older shape's alternatives of one token: a JSON object from token to log probability.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Alternatives(pub Vec<(String, f64)>);

impl Logprobs {
    /// One entry a token, from whichever shape is there; alternatives come likeliest first.
    /// Tokens of the older shape that have no log probability are left out.
    pub fn entries(self) -> Vec<TokenLogprob> {
        if !self.content.is_empty() {
            return self.content;
        }
        let top = self.top_logprobs.into_iter().chain(std::iter::repeat(None));
        self.tokens
            .into_iter()
            .zip(self.token_logprobs)
            .zip(top)
            .filter_map(|((token, logprob), top)| {
                Some(TokenLogprob {
                    token,
                    logprob: logprob?,
                    top_logprobs: top.map(Alternatives::sorted).unwrap_or_default(),
                    ..TokenLogprob::default()
                })
            })
            .collect()
    }
}

/// OpenAI writes a token's alternatives also where there are none; an alternative has no such field.
fn with_alternatives<S: Serializer>(tokens: &[TokenLogprob], to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Entry<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<u32>,
        token: &'a str,
        bytes: Option<&'a [u8]>,
        logprob: f64,
        top_logprobs: &'a [TokenLogprob],
    }
    to.collect_seq(tokens.iter().map(|token| Entry {
        id: token.id,
        token: &token.token,
        bytes: token.bytes.as_deref(),
        logprob: token.logprob,
        top_logprobs: &token.top_logprobs,
    }))
}

fn impossible() -> f64 {
    f64::NEG_INFINITY
}

fn or_impossible<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(impossible))
}

impl Alternatives {
    fn sorted(mut self) -> Vec<TokenLogprob> {
        self.0.sort_by(|a, b| b.1.total_cmp(&a.1));
        self.0
            .into_iter()
            .map(|(token, logprob)| TokenLogprob {
                token,
                logprob,
                ..TokenLogprob::default()
            })
            .collect()
    }
}

impl Serialize for Alternatives {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(token, logprob)| (token, logprob)))
    }
}

impl<'de> Deserialize<'de> for Alternatives {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;

        impl<'de> Visitor<'de> for Map {
            type Value = Alternatives;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object from token to log probability")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Alternatives, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Alternatives(entries))
            }
        }

        deserializer.deserialize_map(Map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chat_shape_is_read_as_it_is() {
        let json = r#"{"content":[{"id":284,"token":" and","bytes":[32,97,110,100],"logprob":-0.73,
            "top_logprobs":[{"id":284,"token":" and","logprob":-0.73},{"token":" +","logprob":-2.04}]}],
            "refusal":null}"#;
        let entries = serde_json::from_str::<Logprobs>(json)
            .expect("parses")
            .entries();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].id, Some(284));
        assert_eq!(entries[0].bytes.as_deref(), Some(&b" and"[..]));
        assert_eq!(entries[0].top_logprobs[1].token, " +");
    }

    #[test]
    fn the_older_shape_gives_the_same_entries_with_sorted_alternatives() {
        let json = r#"{"tokens":["A"," b"],"token_logprobs":[null,-0.5],
            "top_logprobs":[null,{" c":-1.5," b":-0.5}],"text_offset":[0,1]}"#;
        let read: Logprobs = serde_json::from_str(json).expect("parses");
        let entries = read.clone().entries();
        assert_eq!(entries.len(), 1, "the first token has no log probability");
        assert_eq!(
            (entries[0].token.as_str(), entries[0].logprob),
            (" b", -0.5)
        );
        let order: Vec<_> = entries[0]
            .top_logprobs
            .iter()
            .map(|t| t.token.as_str())
            .collect();
        assert_eq!(order, [" b", " c"]);

        let back: Logprobs =
            serde_json::from_str(&serde_json::to_string(&read).expect("writes")).expect("parses");
        assert_eq!(back, read);
    }

    #[test]
    fn alternatives_are_written_also_where_there_are_none() {
        let mut token = TokenLogprob {
            token: "a".to_owned(),
            logprob: -0.5,
            ..TokenLogprob::default()
        };
        token.top_logprobs = vec![token.clone()];
        let logprobs = Logprobs {
            content: vec![token.clone(), TokenLogprob::default()],
            ..Logprobs::default()
        };
        assert_eq!(
            serde_json::to_string(&logprobs).expect("writes"),
            r#"{"content":[{"token":"a","bytes":null,"logprob":-0.5,"top_logprobs":[{"token":"a","logprob":-0.5}]},{"token":"","bytes":null,"logprob":0.0,"top_logprobs":[]}]}"#
        );
    }

    #[test]
    fn entries_without_text_are_tolerated() {
        let json = r#"{"content":[{"id":7,"logprob":-0.25},{"logprob":null},{}]}"#;
        let entries = serde_json::from_str::<Logprobs>(json)
            .expect("parses")
            .entries();
        assert_eq!((entries[0].id, entries[0].token.as_str()), (Some(7), ""));
        assert!(entries[1].logprob.is_infinite());
        assert_eq!(entries[2], entries[1]);
    }
}
