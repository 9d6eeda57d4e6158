//! Our own work per token in choosing it: `cargo bench -p backend-mlx --features cpu --bench
//! sampling`. Aims: greedy at most 100 µs, top-k and top-p at most 1 ms over 49,152 entries.

#[path = "../src/native"]
#[expect(unused_imports, dead_code, reason = "its tests do not run here")]
mod native {
    pub(crate) mod sampler;
}

use divan::Bencher;
use inference_core::GenerateOptions;
use native::sampler::{Sampler, Scratch};

/// The vocabularies of SmolLM2 and of Gemma 3.
const VOCABULARIES: [usize; 2] = [49_152, 262_144];

/// How sure the model is.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// A few likely tokens far above the rest, as models give them.
    Peaked,
    /// All nearly alike, which is the most work: most of the vocabulary is kept and drawn from.
    Flat,
}

fn main() {
    divan::main();
}

/// Logits like normal numbers, the same at every run.
fn logits(vocabulary: usize, shape: Shape) -> Vec<f32> {
    let mut state = 1_u32;
    let mut uniform = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [high, low, ..] = state.to_be_bytes();
        f32::from(u16::from_be_bytes([high, low])) / 65536.0
    };
    let mut logits: Vec<f32> = (0..vocabulary)
        .map(|_| (0..12).map(|_| uniform()).sum::<f32>() - 6.0)
        .collect();
    if matches!(shape, Shape::Peaked) {
        for (rank, place) in (0_u8..40).zip((17..).step_by(vocabulary / 41)) {
            logits[place] = 18.0 - 0.3 * f32::from(rank);
        }
    }
    logits
}

fn sample(bencher: Bencher<'_, '_>, vocabulary: usize, shape: Shape, options: GenerateOptions) {
    let logits = logits(vocabulary, shape);
    let mut sampler = Sampler::new(&options.seed(1), vocabulary).expect("a sampler");
    let mut scratch = Scratch::default();
    let history: Vec<u32> = (0..64).map(|place| place * 700).collect();
    bencher.bench_local(|| {
        sampler
            .sample(&logits, &history, &mut scratch)
            .expect("a token")
    });
}

fn warm() -> GenerateOptions {
    GenerateOptions::default().temperature(0.8)
}

#[divan::bench(args = VOCABULARIES)]
fn greedy(bencher: Bencher<'_, '_>, vocabulary: usize) {
    let options = GenerateOptions::default().temperature(0.0);
    sample(bencher, vocabulary, Shape::Peaked, options);
}

#[divan::bench(args = VOCABULARIES)]
fn greedy_with_penalty(bencher: Bencher<'_, '_>, vocabulary: usize) {
    let options = GenerateOptions::default().temperature(0.0);
    sample(
        bencher,
        vocabulary,
        Shape::Peaked,
        options.repeat_penalty(1.1),
    );
}

#[divan::bench(args = VOCABULARIES)]
fn greedy_with_5_logprobs(bencher: Bencher<'_, '_>, vocabulary: usize) {
    let options = GenerateOptions::default().temperature(0.0);
    sample(bencher, vocabulary, Shape::Peaked, options.logprobs(5));
}

#[divan::bench(args = VOCABULARIES)]
fn temperature(bencher: Bencher<'_, '_>, vocabulary: usize) {
    sample(bencher, vocabulary, Shape::Flat, warm());
}

#[divan::bench(args = VOCABULARIES)]
fn top_k(bencher: Bencher<'_, '_>, vocabulary: usize) {
    sample(bencher, vocabulary, Shape::Flat, warm().top_k(40));
}

#[divan::bench(args = VOCABULARIES)]
fn top_p_peaked(bencher: Bencher<'_, '_>, vocabulary: usize) {
    sample(bencher, vocabulary, Shape::Peaked, warm().top_p(0.9));
}

#[divan::bench(args = VOCABULARIES)]
fn top_p_flat(bencher: Bencher<'_, '_>, vocabulary: usize) {
    sample(bencher, vocabulary, Shape::Flat, warm().top_p(0.9));
}

#[divan::bench(args = VOCABULARIES)]
fn min_p(bencher: Bencher<'_, '_>, vocabulary: usize) {
    sample(bencher, vocabulary, Shape::Flat, warm().min_p(0.05));
}

#[divan::bench(args = VOCABULARIES)]
fn all_of_them(bencher: Bencher<'_, '_>, vocabulary: usize) {
    let options = warm()
        .repeat_penalty(1.1)
        .top_k(1000)
        .top_p(0.95)
        .min_p(0.02);
    sample(bencher, vocabulary, Shape::Flat, options.logprobs(5));
}
