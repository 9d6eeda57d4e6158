//! Passes cut and joined in any way give what one pass gives.

use super::model::{Golden, difference, greedy, input, likeliest, logits, tokens};
use crate::native::cache::{Cache, KvKind};
use crate::native::network::{Input, Network};

/// The largest difference of logits, as a share of the largest one.
const TOLERANCE: f32 = 1e-4;

/// A case of each way to attend: everything, windows of MLX's own attention, and step by step.
const CASES: [(&str, &str); 4] = [
    ("llama", "rope scaled as in Llama 3"),
    ("gemma3", "text"),
    ("gemma2", "a window in every other layer"),
    ("phi3", "a window in every layer"),
];

#[track_caller]
fn assert_same(found: &[f32], expected: &[f32], what: &str) {
    let off = difference(found, expected);
    assert!(off <= TOLERANCE, "{what}: {off}");
}

/// Logits after a prompt that goes through chunk by chunk.
fn in_chunks(network: &Network, cache: &mut Cache, prompt: &[u32], chunk: usize) -> Vec<f32> {
    let (last, before) = prompt
        .chunks(chunk)
        .collect::<Vec<_>>()
        .split_last()
        .map_or_else(
            || panic!("there is a prompt"),
            |(last, before)| (*last, before.to_vec()),
        );
    for tokens in before {
        let silent = Input {
            logits: false,
            ..input(tokens)
        };
        let nothing = network.forward(&[silent], &mut [cache]);
        assert_eq!(nothing.expect("MLX computes it").len(), 0);
    }
    logits(network, cache, last)
}

#[test]
fn a_prompt_in_chunks_gives_what_it_gives_at_once() {
    for (file, name) in CASES {
        let case = Golden::case(file, name);
        let network = case.load();
        for chunk in [1, 3, 7, 64, 229] {
            let what = format!("{file}, {name}, in chunks of {chunk}");
            let mut cache = network.cache(KvKind::Full);
            let last = in_chunks(&network, &mut cache, &case.prompt, chunk);
            assert_eq!(cache.len(), case.prompt.len());
            assert_same(&last, &case.logits, &what);
            let count = case.tokens.len();
            let found = greedy(&network, &mut cache, last, count);
            assert_eq!(found, case.tokens, "{what}");
        }
    }
}

#[test]
fn quantised_keys_and_values_may_come_in_chunks() {
    for case in Golden::file("kv") {
        let network = case.load();
        for chunk in [1, 7] {
            let mut cache = network.cache(case.kind());
            let last = in_chunks(&network, &mut cache, &case.prompt, chunk);
            let what = format!("{}, in chunks of {chunk}", case.name);
            // A number between two steps may be rounded otherwise.
            let off = difference(&last, &case.logits);
            assert!(off <= 1e-2, "{what}: {off}");
        }
    }
}

#[test]
fn buffers_of_windows_are_moved_without_a_trace() {
    for (file, name) in CASES {
        let network = Golden::case(file, name).load();
        let prompt = tokens("long", 700, network.spec.vocab_size);
        let mut at_once = network.cache(KvKind::Full);
        let expected = logits(&network, &mut at_once, &prompt);
        for chunk in [1, 100, 300] {
            let mut cache = network.cache(KvKind::Full);
            let found = in_chunks(&network, &mut cache, &prompt, chunk);
            let what = format!("{file}, {name}, in chunks of {chunk}");
            assert_same(&found, &expected, &what);
        }
    }
}

#[test]
fn a_pass_may_be_paused_between_layers() {
    for (file, name) in CASES {
        let case = Golden::case(file, name);
        let network = case.load();
        for layers in [1, 2, 100] {
            let mut cache = network.cache(KvKind::Full);
            let pass = network.begin(&[input(&case.prompt)]);
            let mut pass = pass.expect("MLX computes it");
            for _ in 0..network.spec.layers.len().div_ceil(layers) {
                let advanced = network.advance(&mut pass, &mut [&mut cache], layers);
                advanced.expect("MLX computes it");
            }
            let found = network.finish(&pass).expect("MLX computes it");
            assert_same(&found[0], &case.logits, name);
            let found = greedy(&network, &mut cache, found[0].clone(), 8);
            assert_eq!(found, case.tokens[..8], "{name}");
        }
    }
}

/// A sequence among others: what it has computed of its prompt, and said.
struct Sequence {
    prompt: Vec<u32>,
    done: usize,
    chunk: usize,
    cache: Cache,
    said: Vec<u32>,
}

impl Sequence {
    fn new(network: &Network, prompt: Vec<u32>, chunk: usize, kind: KvKind) -> Self {
        Self {
            prompt,
            done: 0,
            chunk,
            cache: network.cache(kind),
            said: Vec::new(),
        }
    }

    /// What goes through the network next.
    fn next(&self) -> Input<'_> {
        if let Some(last) = self.said.last() {
            return input(std::slice::from_ref(last));
        }
        let end = (self.done + self.chunk).min(self.prompt.len());
        Input {
            logits: end == self.prompt.len(),
            ..input(&self.prompt[self.done..end])
        }
    }
}

/// One pass of all sequences.
fn step(network: &Network, sequences: &mut [Sequence]) {
    let nexts: Vec<(Vec<u32>, bool)> = sequences
        .iter()
        .map(|sequence| sequence.next())
        .map(|input| (input.tokens.to_vec(), input.logits))
        .collect();
    let inputs: Vec<_> = nexts
        .iter()
        .map(|(tokens, logits)| Input {
            logits: *logits,
            ..input(tokens)
        })
        .collect();
    let mut caches: Vec<_> = sequences.iter_mut().map(|one| &mut one.cache).collect();
    let found = network.forward(&inputs, &mut caches);
    let mut found = found.expect("MLX computes it").into_iter();
    for (sequence, (tokens, wanted)) in sequences.iter_mut().zip(&nexts) {
        if sequence.said.is_empty() {
            sequence.done += tokens.len();
        }
        if *wanted {
            let logits = found.next().expect("as many as are wanted");
            sequence.said.push(likeliest(&logits));
        }
    }
    assert_eq!(found.next(), None);
}

#[track_caller]
fn check_joined(case: &Golden) {
    let network = case.load();
    let alone = |prompt: &[u32]| {
        let mut cache = network.cache(case.kind());
        let last = logits(&network, &mut cache, prompt);
        greedy(&network, &mut cache, last, 20)
    };
    let others = [("one", 3), ("two", 90), ("three", 17)]
        .map(|(name, length)| tokens(name, length, network.spec.vocab_size));
    let expected = others.each_ref().map(|prompt| alone(prompt));
    let sequence =
        |prompt: &[u32], chunk| Sequence::new(&network, prompt.to_vec(), chunk, case.kind());
    let mut sequences = vec![sequence(&case.prompt, 50)];
    // One after the other joins; the first leaves while the others go on.
    for (prompt, chunk) in others.iter().zip([3, 40, 1]) {
        sequences.push(sequence(prompt, chunk));
        for _ in 0..6 {
            step(&network, &mut sequences);
        }
    }
    while sequences[0].said.len() < 20 {
        step(&network, &mut sequences);
    }
    let first = sequences.remove(0);
    assert_eq!(first.said[..20], case.tokens[..20], "{}", case.name);
    while sequences.iter().any(|sequence| sequence.said.len() < 20) {
        step(&network, &mut sequences);
    }
    for (sequence, expected) in sequences.iter().zip(&expected) {
        assert_eq!(sequence.said[..20], *expected, "{}", case.name);
    }
}

#[test]
fn sequences_that_join_and_leave_say_what_they_say_alone() {
    for (file, name) in CASES {
        check_joined(&Golden::case(file, name));
    }
    check_joined(&Golden::case("quantised", "4 bits in groups of 64"));
    check_joined(&Golden::case("kv", "llama, 8 bits"));
}
