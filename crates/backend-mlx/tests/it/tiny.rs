//! Tiny models, made where they are needed: real files, read and computed as those of large ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use model_formats::{Dtype, SafetensorsWriter, TensorSpec};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

const HIDDEN: usize = 320;
const INTERMEDIATE: usize = 64;
const LAYERS: usize = 2;
const HEADS: usize = 10;
const KV_HEADS: usize = 5;
const HEAD_DIM: usize = 32;
/// The 256 bytes, and two special tokens.
pub(crate) const VOCABULARY: usize = 258;
const END: usize = 256;
pub(crate) const CONTEXT: usize = 512;

/// Bytes of keys and values of one token: two layers of five heads, 32 numbers of 32 bits each.
pub(crate) const KV_BYTES: u64 = (2 * LAYERS * KV_HEADS * HEAD_DIM * 4) as u64;

/// A folder with a model of the family `llama`, its tokens the bytes of a text.
pub(crate) struct Tiny {
    folder: TempDir,
}

impl Tiny {
    /// A model with random weights: what it says depends on the whole text, and is nonsense.
    pub(crate) fn random(seed: u64) -> Self {
        let mut random = Random(seed);
        Self::write(|name, shape| match name {
            name if name.ends_with("norm.weight") => vec![1.0; shape.iter().product()],
            _ => random.numbers(shape, 0.15),
        })
    }

    /// A model that follows `chains`: after each byte of one the next is by far the likeliest, and
    /// after the last the end of the text. Attention adds a little noise.
    pub(crate) fn following(chains: &[&[u8]]) -> Self {
        let mut next = [END; VOCABULARY];
        for chain in chains {
            for pair in chain.windows(2) {
                next[usize::from(pair[0])] = usize::from(pair[1]);
            }
        }
        let mut random = Random(1);
        Self::write(|name, shape| match name {
            // A row for each token, which has a place of its own in the stream.
            "model.embed_tokens.weight" => matrix(shape, |row, column| row == column),
            "lm_head.weight" => matrix(shape, |row, column| next.get(column) == Some(&row)),
            // What the norm makes of a single 1 is √HIDDEN; a lead of 9 in the logits is meant.
            "model.norm.weight" => vec![0.5; HIDDEN],
            name if name.ends_with("norm.weight") => vec![1.0; HIDDEN],
            _ => random.numbers(shape, 0.003),
        })
    }

    fn write(mut numbers: impl FnMut(&str, &[usize]) -> Vec<f32>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let specs = tensors();
        let path = folder.path().join("model.safetensors");
        let mut file = SafetensorsWriter::create(path, &specs, &BTreeMap::new()).unwrap();
        for spec in &specs {
            let numbers = numbers(&spec.name, &spec.shape);
            let bytes: Vec<u8> = numbers.into_iter().flat_map(f32::to_le_bytes).collect();
            file.write(&spec.name, &bytes).unwrap();
        }
        file.finish().unwrap();
        let tiny = Self { folder };
        tiny.json("config.json", &config());
        tiny.json("tokenizer.json", &tokenizer());
        // A conversation is its messages one after the other.
        let template = "{% for message in messages %}{{ message.content }}{% endfor %}";
        let texts = json!({"chat_template": template, "eos_token": "<end>"});
        tiny.json("tokenizer_config.json", &texts);
        tiny
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn json(&self, name: &str, value: &Value) {
        fs::write(self.path().join(name), value.to_string()).unwrap();
    }
}

fn tensors() -> Vec<TensorSpec> {
    let (query, key) = (HEADS * HEAD_DIM, KV_HEADS * HEAD_DIM);
    let mut tensors = vec![
        (
            "model.embed_tokens.weight".to_owned(),
            vec![VOCABULARY, HIDDEN],
        ),
        ("model.norm.weight".to_owned(), vec![HIDDEN]),
        ("lm_head.weight".to_owned(), vec![VOCABULARY, HIDDEN]),
    ];
    for layer in 0..LAYERS {
        for (name, shape) in [
            ("input_layernorm", vec![HIDDEN]),
            ("post_attention_layernorm", vec![HIDDEN]),
            ("self_attn.q_proj", vec![query, HIDDEN]),
            ("self_attn.k_proj", vec![key, HIDDEN]),
            ("self_attn.v_proj", vec![key, HIDDEN]),
            ("self_attn.o_proj", vec![HIDDEN, query]),
            ("mlp.gate_proj", vec![INTERMEDIATE, HIDDEN]),
            ("mlp.up_proj", vec![INTERMEDIATE, HIDDEN]),
            ("mlp.down_proj", vec![HIDDEN, INTERMEDIATE]),
        ] {
            tensors.push((format!("model.layers.{layer}.{name}.weight"), shape));
        }
    }
    tensors
        .into_iter()
        .map(|(name, shape)| TensorSpec::new(name, Dtype::F32, shape))
        .collect()
}

fn config() -> Value {
    json!({
        "model_type": "llama",
        "hidden_size": HIDDEN,
        "intermediate_size": INTERMEDIATE,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "head_dim": HEAD_DIM,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": CONTEXT,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": false,
        "eos_token_id": END,
    })
}

/// Bytes as the tokens of byte-level BPE, without merges.
fn tokenizer() -> Value {
    let mut vocabulary = Map::new();
    let mut others = 0x100..;
    for byte in 0..=255u32 {
        let printable = matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
        let code = if printable {
            byte
        } else {
            others.next().unwrap()
        };
        let character = char::from_u32(code).unwrap();
        vocabulary.insert(character.to_string(), byte.into());
    }
    let special = |id: usize, content: &str| {
        json!({
            "id": id, "content": content, "special": true, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false
        })
    };
    json!({
        "version": "1.0",
        "added_tokens": [special(END, "<end>"), special(END + 1, "<start>")],
        "pre_tokenizer": {
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
            "use_regex": false
        },
        "decoder": {
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
            "use_regex": false
        },
        "model": {"type": "BPE", "vocab": vocabulary, "merges": []}
    })
}

fn matrix(shape: &[usize], is_one: impl Fn(usize, usize) -> bool) -> Vec<f32> {
    let (rows, columns) = (shape[0], shape[1]);
    let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    places
        .map(|(row, column)| f32::from(u8::from(is_one(row, column))))
        .collect()
}

/// `SplitMix64` (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    /// Numbers that are evenly spread between −`most` and `most`.
    fn numbers(&mut self, shape: &[usize], most: f32) -> Vec<f32> {
        let count = shape.iter().product();
        std::iter::repeat_with(|| self.number() * most)
            .take(count)
            .collect()
    }

    fn number(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        let unit = f32::from(u16::try_from(bits >> 48).unwrap()) / f32::from(u16::MAX);
        2.0 * unit - 1.0
    }
}
