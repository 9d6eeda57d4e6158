//! Chooses the next token from the logits: what docs/backends.md says about sampling, in order.
//!
//! The same logits, options and seed give the same ids on every platform and release: all sums
//! are of integers, so that no order of addition matters, and the functions that platforms
//! compute differently (`exp`, `ln`) are none of theirs.

mod filter;
mod key;
mod random;
mod scan;
mod weight;

use inference_core::{Error, ErrorKind, GenerateOptions};

use key::Key;
use random::Random;
use scan::Highest;
use weight::{SCALE, weigh};

/// Most entries that a vocabulary can have: their weights must fit into 64 bits when added.
const MAX_VOCABULARY: usize = 1 << 23;

/// The sampler of one request.
///
/// The order is that of llama.cpp's chain with these options: repeat penalty, top-k, top-p (of
/// the probabilities at temperature 1 of what top-k left; the token that reaches `p` is kept),
/// min-p (relative to the likeliest), temperature, draw. At temperature 0 it takes the likeliest
/// token after the penalty, of equals the one with the lowest id, and draws nothing.
#[derive(Debug)]
pub(crate) struct Sampler {
    vocabulary: usize,
    penalty: f64,
    window: usize,
    top_k: usize,
    top_p: f64,
    /// Natural logarithm of `min_p`; none where it is off.
    ln_min_p: Option<f64>,
    temperature: f64,
    random: Random,
    /// How many alternatives to tell, where log probabilities are asked for.
    logprobs: Option<usize>,
}

/// Buffers of one step, for all samplers of a thread: a step allocates nothing once they have
/// grown to the vocabulary, but for the alternatives that it returns.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// The logits after the penalty.
    penalised: Vec<f32>,
    /// What is left to choose from, by id.
    kept: Vec<Key>,
    /// What a filter puts into an order of its own.
    ordered: Vec<Key>,
    weights: Vec<u64>,
}

/// A token that was chosen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sampled {
    pub(crate) id: u32,
    /// Natural logarithm of its probability, where asked for: of the softmax of the logits as the
    /// model gave them, before penalty, filters and temperature.
    pub(crate) logprob: Option<f32>,
    /// Id and log probability of the likeliest tokens, likeliest first, of equals the lowest id
    /// first; as many as `logprobs` asks for, less those whose probability is 0.
    pub(crate) alternatives: Vec<(u32, f32)>,
}

/// Why no token can be chosen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SamplerError {
    /// The logits say nothing: NaN, +inf, or nothing but −inf.
    #[error(
        "the logits of the next token are not numbers to choose by (NaN or infinite{})",
        if *.penalised { " after the repeat penalty" } else { "" }
    )]
    Logits { penalised: bool },
    /// There are more or fewer logits than the vocabulary has entries.
    #[error("{found} logits for a vocabulary of {expected} entries")]
    Length { expected: usize, found: usize },
    /// The vocabulary cannot be sampled from.
    #[error("a vocabulary of {size} entries; it must have between 1 and {MAX_VOCABULARY}")]
    Vocabulary { size: usize },
    /// There is no seed.
    #[error("ask the system for a random seed; set `seed` to do without")]
    Seed(#[source] getrandom::Error),
}

impl From<SamplerError> for Error {
    fn from(error: SamplerError) -> Self {
        let kind = match error {
            SamplerError::Vocabulary { .. } => ErrorKind::InvalidModel,
            _ => ErrorKind::Backend,
        };
        Self::new(kind, "cannot choose the next token").with_source(error)
    }
}

impl Sampler {
    /// A sampler for one request, whose options are valid and resolved; without a seed the
    /// system gives one.
    ///
    /// # Errors
    /// The vocabulary is empty or absurdly large, or the system gives no seed.
    pub(crate) fn new(options: &GenerateOptions, vocabulary: usize) -> Result<Self, SamplerError> {
        if vocabulary == 0 || vocabulary > MAX_VOCABULARY {
            return Err(SamplerError::Vocabulary { size: vocabulary });
        }
        let temperature = options
            .temperature
            .unwrap_or(GenerateOptions::DEFAULT_TEMPERATURE);
        let seed = match options.seed {
            Some(seed) => seed,
            None if temperature == 0.0 => 0,
            None => getrandom::u64().map_err(SamplerError::Seed)?,
        };
        Ok(Self {
            vocabulary,
            penalty: options.repeat_penalty.unwrap_or(1.0),
            window: options.repeat_window_or_default() as usize,
            top_k: options.top_k.unwrap_or(0) as usize,
            top_p: options.top_p.unwrap_or(1.0),
            ln_min_p: options.min_p.filter(|p| *p > 0.0).map(libm::log),
            temperature,
            random: Random::new(seed),
            logprobs: options.logprobs.map(usize::from),
        })
    }

    /// Chooses the token after `history`, the prompt and the answer so far.
    ///
    /// `logits` are those of the last position, one for each entry of the vocabulary. −inf
    /// excludes a token.
    ///
    /// # Errors
    /// There are too many or too few logits, or they are NaN, +inf or all −inf.
    pub(crate) fn sample(
        &mut self,
        logits: &[f32],
        history: &[u32],
        scratch: &mut Scratch,
    ) -> Result<Sampled, SamplerError> {
        if logits.len() != self.vocabulary {
            return Err(SamplerError::Length {
                expected: self.vocabulary,
                found: logits.len(),
            });
        }
        let raw = scan::highest(logits).ok_or(SamplerError::Logits { penalised: false })?;
        let id = self.choose(logits, raw, history, scratch)?;
        let mut sampled = Sampled {
            id,
            logprob: None,
            alternatives: Vec::new(),
        };
        if let Some(count) = self.logprobs {
            let normaliser = Normaliser::new(logits, raw);
            sampled.logprob = Some(normaliser.logprob(logits[id as usize]));
            sampled.alternatives = alternatives(logits, count, normaliser, scratch);
        }
        Ok(sampled)
    }

    fn choose(
        &mut self,
        logits: &[f32],
        raw: Highest,
        history: &[u32],
        scratch: &mut Scratch,
    ) -> Result<u32, SamplerError> {
        let window = &history[history.len().saturating_sub(self.window)..];
        #[expect(clippy::float_cmp, reason = "exactly 1 changes nothing")]
        if self.penalty == 1.0 || window.is_empty() {
            return Ok(self.pick(logits, raw, scratch));
        }
        let mut penalised = std::mem::take(&mut scratch.penalised);
        filter::penalise(logits, window, self.penalty, &mut penalised);
        let picked = scan::highest(&penalised)
            .map(|highest| self.pick(&penalised, highest, scratch))
            .ok_or(SamplerError::Logits { penalised: true });
        scratch.penalised = penalised;
        picked
    }

    /// Filters and draws.
    fn pick(&mut self, logits: &[f32], highest: Highest, scratch: &mut Scratch) -> u32 {
        if self.temperature == 0.0 {
            return highest.id;
        }
        self.filter(logits, highest, scratch);
        self.draw(&scratch.kept, highest.logit, &mut scratch.weights)
    }

    /// Puts what there is to choose from into `scratch.kept`.
    fn filter(&self, logits: &[f32], highest: Highest, scratch: &mut Scratch) {
        let Scratch {
            kept,
            ordered,
            weights,
            ..
        } = scratch;
        kept.clear();
        kept.extend(Key::all(logits));
        filter::top_k(kept, self.top_k, ordered);
        if self.top_p < 1.0 {
            filter::top_p(kept, self.top_p, highest.logit, ordered, weights);
        }
        if let Some(ln_min_p) = self.ln_min_p {
            filter::min_p(kept, ln_min_p, highest.logit);
        }
    }

    /// Draws one of `kept` with the probabilities at the temperature.
    fn draw(&mut self, kept: &[Key], highest: f32, weights: &mut Vec<u64>) -> u32 {
        let highest = f64::from(highest);
        weights.clear();
        weights.extend(
            kept.iter()
                .map(|key| weigh((f64::from(key.logit()) - highest) / self.temperature)),
        );
        let mut rest = self.random.below(weights.iter().sum());
        for (key, weight) in kept.iter().zip(weights.iter()) {
            match rest.checked_sub(*weight) {
                Some(left) => rest = left,
                None => return key.id(),
            }
        }
        unreachable!("a number below the sum of the weights falls into one of them")
    }
}

/// What turns logits into log probabilities.
#[derive(Debug, Clone, Copy)]
struct Normaliser {
    highest: f64,
    /// Natural logarithm of the sum of exp(logit − highest).
    ln_sum: f64,
}

impl Normaliser {
    fn new(logits: &[f32], highest: Highest) -> Self {
        let highest = f64::from(highest.logit);
        let sum: u64 = logits
            .iter()
            .map(|logit| weigh(f64::from(*logit) - highest))
            .sum();
        #[expect(
            clippy::cast_precision_loss,
            reason = "2^-53 of the sum; a log probability has 24 bits"
        )]
        let ln_sum = libm::log(sum as f64 / SCALE);
        Self { highest, ln_sum }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounded to the nearest; −inf stays −inf"
    )]
    fn logprob(self, logit: f32) -> f32 {
        (f64::from(logit) - self.highest - self.ln_sum) as f32
    }
}

/// The `count` likeliest tokens.
fn alternatives(
    logits: &[f32],
    count: usize,
    normaliser: Normaliser,
    scratch: &mut Scratch,
) -> Vec<(u32, f32)> {
    if count == 0 {
        return Vec::new();
    }
    let kept = &mut scratch.kept;
    kept.clear();
    kept.extend(Key::all(logits));
    filter::top_k(kept, count, &mut scratch.ordered);
    kept.sort_unstable_by(|a, b| b.cmp(a));
    kept.iter()
        .filter(|key| key.logit() > f32::NEG_INFINITY)
        .map(|key| (key.id(), normaliser.logprob(key.logit())))
        .collect()
}

#[cfg(test)]
mod tests;
