//! Tiny models with stated weights, of which no file is kept.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use half::{bf16, f16};
use model_formats::{Dtype, SafetensorsWriter, TensorSpec};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use super::super::{Input, Network};
use crate::native::cache::{Cache, KvKind};
use crate::native::device::Device;
use crate::native::load_error::LoadError;
use crate::native::source::Source;

/// A model, and what mlx-lm makes of it; written by `xtask/oracle/architectures.py`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Golden {
    pub(super) name: String,
    pub(super) config: Value,
    /// The type of all numbers in the file.
    dtype: Dtype,
    /// Where keys and values are quantised: to how many bits.
    pub(super) kv_bits: Option<i32>,
    seed: u64,
    pub(super) tensors: Vec<Stated>,
    pub(super) prompt: Vec<u32>,
    /// After the prompt.
    pub(super) logits: Vec<f32>,
    /// The 64 likeliest one after the other.
    pub(super) tokens: Vec<u32>,
    /// Of the last layer, after the rotary embedding, for the last token of the prompt; for
    /// models without any quantisation.
    pub(super) last_queries: Option<Vec<f32>>,
    pub(super) last_keys: Option<Vec<f32>>,
}

/// A tensor: its name, its shape, and its numbers' middle and half width.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Stated {
    Numbers(String, Vec<usize>, f32, f32),
    /// The packed words of a quantised matrix.
    Words(String, Vec<usize>),
}

impl Golden {
    /// The cases of one file, such as `llama`.
    pub(super) fn file(name: &str) -> Vec<Self> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/architectures");
        let path = Path::new(folder).join(name).with_extension("json");
        let text = fs::read_to_string(&path).expect("the goldens are committed");
        serde_json::from_str(&text).expect("the goldens are as the oracle writes them")
    }

    /// One case of a file.
    pub(super) fn case(file: &str, name: &str) -> Self {
        let mut cases = Self::file(file).into_iter();
        let case = cases.find(|case| case.name == name);
        case.unwrap_or_else(|| panic!("{file}.json has no case {name}"))
    }

    pub(super) fn kind(&self) -> KvKind {
        self.kv_bits
            .map_or(KvKind::Full, |bits| KvKind::Quantized { bits })
    }

    /// Writes the model's folder and loads it.
    pub(super) fn load(&self) -> Network {
        self.try_load().expect("the model is sound")
    }

    pub(super) fn try_load(&self) -> Result<Network, LoadError> {
        self.load_with(&mut |_, _| Ok(()))
    }

    /// `between` is called before each tensor.
    pub(super) fn load_with(
        &self,
        between: &mut dyn FnMut(usize, usize) -> Result<(), LoadError>,
    ) -> Result<Network, LoadError> {
        let folder = self.folder();
        let source = Source::open(folder.path())?;
        Network::load(&source, Device::of_this_build(), between)
    }

    fn folder(&self) -> TempDir {
        let folder = TempDir::new().expect("a temporary folder");
        let write = |name: &str, text: String| {
            fs::write(folder.path().join(name), text).expect("the folder is ours");
        };
        write("config.json", self.config.to_string());
        write("tokenizer.json", "{}".to_owned());
        let path = folder.path().join("model.safetensors");
        write_tensors(&path, self.seed, self.dtype, &self.tensors);
        folder
    }
}

/// Writes a safetensors file.
pub(super) fn write_tensors(path: &Path, seed: u64, dtype: Dtype, tensors: &[Stated]) {
    let specs: Vec<_> = tensors.iter().map(|tensor| tensor.spec(dtype)).collect();
    let mut writer = SafetensorsWriter::create(path, &specs, &BTreeMap::new())
        .expect("the tensors have names of their own");
    for (tensor, spec) in tensors.iter().zip(&specs) {
        let bytes = tensor.bytes(seed, spec);
        writer.write(&spec.name, &bytes).expect("it was announced");
    }
    writer.finish().expect("all tensors were written");
}

impl Stated {
    pub(super) fn name_mut(&mut self) -> &mut String {
        let (Self::Numbers(name, ..) | Self::Words(name, _)) = self;
        name
    }

    pub(super) fn shape_mut(&mut self) -> &mut Vec<usize> {
        let (Self::Numbers(_, shape, ..) | Self::Words(_, shape)) = self;
        shape
    }

    fn spec(&self, dtype: Dtype) -> TensorSpec {
        match self {
            Self::Numbers(name, shape, ..) => TensorSpec::new(name, dtype, shape.as_slice()),
            Self::Words(name, shape) => TensorSpec::new(name, Dtype::U32, shape.as_slice()),
        }
    }

    fn bytes(&self, seed: u64, spec: &TensorSpec) -> Vec<u8> {
        let count = spec.shape.iter().product();
        let words = hashed(&format!("{seed}/{}", spec.name), count);
        let Self::Numbers(_, _, middle, width) = self else {
            let upper = words.map(|word| u32::try_from(word >> 32).expect("32 bits are left"));
            return upper.flat_map(u32::to_le_bytes).collect();
        };
        let numbers = words.map(|word| middle + width * even(word));
        match spec.dtype {
            Dtype::F32 => numbers.flat_map(f32::to_le_bytes).collect(),
            Dtype::F16 => numbers
                .flat_map(|n| f16::from_f32(n).to_le_bytes())
                .collect(),
            Dtype::Bf16 => numbers
                .flat_map(|n| bf16::from_f32(n).to_le_bytes())
                .collect(),
            other => panic!("no golden has numbers of the type {other}"),
        }
    }
}

/// A prompt that nobody wrote.
pub(super) fn tokens(name: &str, length: usize, vocab_size: usize) -> Vec<u32> {
    let words = hashed(name, length).map(|word| word % vocab_size as u64);
    words
        .map(|id| u32::try_from(id).expect("vocabularies are small"))
        .collect()
}

/// FNV-1a of a name starts `SplitMix64`.
fn hashed(name: &str, count: usize) -> impl Iterator<Item = u64> + use<> {
    let fnv = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let mut state = name.bytes().fold(0xcbf2_9ce4_8422_2325, fnv);
    (0..count).map(move |_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    })
}

/// The upper 24 bits, evenly between −1 and 1.
#[expect(
    clippy::cast_precision_loss,
    reason = "single precision has room for 24 bits"
)]
fn even(word: u64) -> f32 {
    const HALF: i64 = 1 << 23;
    let upper = i64::try_from(word >> 40).expect("24 bits are left");
    (upper - HALF) as f32 / HALF as f32
}

/// Logits after the last of `tokens`, which follow those in the cache.
pub(super) fn logits(network: &Network, cache: &mut Cache, tokens: &[u32]) -> Vec<f32> {
    let input = input(tokens);
    let logits = network.forward(&[input], &mut [cache]);
    let logits = logits.expect("MLX computes it").into_iter().next();
    logits.expect("they were asked for")
}

pub(super) fn input(tokens: &[u32]) -> Input<'_> {
    Input {
        tokens,
        adapter: None,
        logits: true,
    }
}

/// The likeliest tokens one after the other, the first of which `logits` give.
pub(super) fn greedy(
    network: &Network,
    cache: &mut Cache,
    mut last: Vec<f32>,
    count: usize,
) -> Vec<u32> {
    let mut tokens = Vec::new();
    loop {
        tokens.push(likeliest(&last));
        if tokens.len() == count {
            return tokens;
        }
        last = logits(network, cache, &tokens[tokens.len() - 1..]);
    }
}

pub(super) fn likeliest(logits: &[f32]) -> u32 {
    let order = |a: &(usize, &f32), b: &(usize, &f32)| a.1.total_cmp(b.1);
    let best = logits.iter().enumerate().max_by(order);
    u32::try_from(best.expect("there are logits").0).expect("vocabularies are small")
}

/// The largest difference as a share of the largest number.
pub(super) fn difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0_f32, |most, n| most.max(n.abs()));
    let pairs = found.iter().zip(expected);
    let differences = pairs.map(|(a, b)| (a - b).abs());
    assert!(found.iter().all(|n| n.is_finite()), "{found:?}");
    differences.fold(0_f32, f32::max) / largest
}
