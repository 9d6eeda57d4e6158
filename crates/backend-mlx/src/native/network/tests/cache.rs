//! What a cache keeps, and what it can be taken back to.

use super::model::{Golden, difference, greedy, logits, tokens};
use crate::native::cache::{Cache, KvKind};
use crate::native::network::Network;

const WINDOWS: (&str, &str) = ("mistral", "a window in every layer");

/// Continues with `next` from the cache and from the beginning, which must be the same.
#[track_caller]
fn assert_continues(network: &Network, cache: &mut Cache, before: &[u32], next: &[u32]) {
    let kind = KvKind::Full;
    let mut fresh = network.cache(kind);
    let expected = logits(network, &mut fresh, &[before, next].concat());
    let found = logits(network, cache, next);
    assert_eq!(cache.len(), before.len() + next.len());
    let off = difference(&found, &expected);
    assert!(off <= 1e-4, "{off}");
    let found = greedy(network, cache, found, 16);
    assert_eq!(found, greedy(network, &mut fresh, expected, 16));
}

#[test]
fn a_cache_taken_back_continues_as_a_fresh_one() {
    let network = Golden::case("llama", "untied").load();
    let prompt = tokens("prompt", 300, network.spec.vocab_size);
    let next = tokens("next", 5, network.spec.vocab_size);
    let mut cache = network.cache(KvKind::Full);
    logits(&network, &mut cache, &prompt);
    for len in [0, 1, 255, 256, 257, 300] {
        let mut shorter = cache.truncated(len).expect("everything is kept");
        assert_eq!(shorter.len(), len);
        assert_continues(&network, &mut shorter, &prompt[..len], &next);
    }
    assert!(cache.truncated(301).is_none());
    // What its copies went on to say has left no trace in it.
    assert_continues(&network, &mut cache, &prompt, &next);
}

#[test]
fn a_window_is_taken_back_as_far_as_it_is_kept() {
    let network = Golden::case(WINDOWS.0, WINDOWS.1).load();
    let prompt = tokens("prompt", 600, network.spec.vocab_size);
    let next = tokens("next", 5, network.spec.vocab_size);
    let mut cache = network.cache(KvKind::Full);
    for token in &prompt {
        logits(&network, &mut cache, &[*token]);
    }
    let kept: Vec<_> = (0..=600)
        .filter(|len| cache.truncated(*len).is_some())
        .collect();
    // At least the last step, and never less than the newest.
    assert!(kept.contains(&600), "{kept:?}");
    assert!(
        kept.windows(2).all(|pair| pair[0] + 1 == pair[1]),
        "{kept:?}"
    );
    assert!(!kept.contains(&300), "{kept:?}");
    for len in [kept[0], 600] {
        let mut shorter = cache.truncated(len).expect("it is kept");
        assert_continues(&network, &mut shorter, &prompt[..len], &next);
    }
}

#[test]
fn a_window_bounds_what_is_kept() {
    let network = Golden::case(WINDOWS.0, WINDOWS.1).load();
    let prompt = tokens("prompt", 2000, network.spec.vocab_size);
    let mut cache = network.cache(KvKind::Full);
    for chunk in prompt.chunks(100) {
        logits(&network, &mut cache, chunk);
    }
    let spec = &network.spec;
    let token = 2 * spec.layers.len() * spec.kv_heads * spec.head_dim * size_of::<f32>();
    assert!(
        cache.nbytes() <= 512 * token,
        "{} tokens",
        cache.nbytes() / token
    );
    assert_eq!(network.kv_bytes(2000, KvKind::Full), 32 * token);
}

#[test]
fn fewer_bits_take_fewer_bytes() {
    let network = Golden::case("kv", "llama, 8 bits").load();
    let prompt = tokens("prompt", 256, network.spec.vocab_size);
    let bytes = [
        KvKind::Full,
        KvKind::Quantized { bits: 8 },
        KvKind::Quantized { bits: 4 },
    ]
    .map(|kind| {
        let mut cache = network.cache(kind);
        logits(&network, &mut cache, &prompt);
        assert_eq!(cache.nbytes(), network.kv_bytes(256, kind), "{kind:?}");
        cache.nbytes()
    });
    // 32 bits; and a scale and a bias of 32 bits for 32 numbers of 8 or 4 bits.
    assert_eq!(
        [bytes[1] * 32 / bytes[0], bytes[2] * 32 / bytes[0]],
        [10, 6]
    );
}
