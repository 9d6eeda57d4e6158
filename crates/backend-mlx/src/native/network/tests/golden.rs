//! The logits and tokens of mlx-lm.

use mlx_rs::Dtype;

use super::model::{Golden, difference, greedy, logits};
use crate::native::cache::KvKind;
use crate::native::network::Network;

/// The largest difference of logits, as a share of the largest one.
const TOLERANCE: f32 = 1e-3;
/// The same where keys and values are quantised: one that lies between two steps may be rounded
/// otherwise.
const KV_TOLERANCE: f32 = 1e-2;

#[track_caller]
fn check(file: &str) {
    for case in Golden::file(file) {
        let network = case.load();
        let mut cache = network.cache(case.kind());
        let last = logits(&network, &mut cache, &case.prompt);
        let off = difference(&last, &case.logits);
        let tolerance = case.kv_bits.map_or(TOLERANCE, |_| KV_TOLERANCE);
        assert!(off <= tolerance, "{file}, {}: {off}", case.name);
        let tokens = greedy(&network, &mut cache, last, case.tokens.len());
        assert_eq!(tokens, case.tokens, "{file}, {}", case.name);
        if let (Some(queries), Some(keys)) = (&case.last_queries, &case.last_keys) {
            check_observed(&network, &case, queries, keys);
        }
    }
}

#[track_caller]
fn check_observed(network: &Network, case: &Golden, queries: &[f32], keys: &[f32]) {
    let mut cache = network.cache(KvKind::Full);
    let observed = network.observe(&case.prompt, &mut cache);
    let observed = observed.expect("MLX computes it");
    assert_eq!(observed.len(), network.spec.layers.len());
    let last = observed.last().expect("there are layers");
    for (array, heads, expected) in [
        (&last.queries, network.spec.heads, queries),
        (&last.keys, network.spec.kv_heads, keys),
    ] {
        let (tokens, width) = (case.prompt.len(), network.spec.head_dim);
        let shape: Vec<_> = array.shape().iter().map(|n| usize::try_from(*n)).collect();
        assert_eq!(shape, [Ok(1), Ok(heads), Ok(tokens), Ok(width)]);
        assert_eq!(array.dtype(), Dtype::Float32);
        let numbers = array.contiguous().expect("MLX copies it");
        let heads = numbers.as_slice::<f32>().chunks_exact(tokens * width);
        let found: Vec<f32> = heads
            .flat_map(|head| &head[(tokens - 1) * width..])
            .copied()
            .collect();
        let off = difference(&found, expected);
        assert!(off <= TOLERANCE, "{}: {off}", case.name);
    }
}

#[test]
fn llama_is_that_of_mlx_lm() {
    check("llama");
}

#[test]
fn mistral_is_that_of_mlx_lm() {
    check("mistral");
}

#[test]
fn qwen_2_is_that_of_mlx_lm() {
    check("qwen2");
}

#[test]
fn qwen_3_is_that_of_mlx_lm() {
    check("qwen3");
}

#[test]
fn gemma_2_is_that_of_mlx_lm() {
    check("gemma2");
}

#[test]
fn gemma_3_is_that_of_mlx_lm() {
    check("gemma3");
}

#[test]
fn phi_3_is_that_of_mlx_lm() {
    check("phi3");
}

#[test]
fn every_quantisation_is_that_of_mlx_lm() {
    check("quantised");
}

#[test]
fn dense_half_precision_is_what_mlx_lm_computes_of_it_in_single_precision() {
    check("dense");
}

#[test]
fn quantised_keys_and_values_are_those_of_mlx_lm() {
    check("kv");
}
