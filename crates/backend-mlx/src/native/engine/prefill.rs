//! Prompts on their way through the network, slice by slice.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use inference_core::Error;

use super::compute::{Compute, Input};
use super::pace::Pace;

/// One prompt of a prefill.
pub(crate) struct Part<C: Compute> {
    pub(crate) tokens: Vec<u32>,
    /// Of the tokens that were computed.
    pub(crate) cache: C::Cache,
    /// Tokens that were computed, here or for another request.
    pub(crate) done: usize,
}

/// A prompt whose last token is through, and the logits after it.
pub(crate) type Through<C> = (Part<C>, Vec<f32>);

impl<C: Compute> Part<C> {
    fn left(&self) -> usize {
        self.tokens.len() - self.done
    }
}

/// Prompts on their way: one of an answer, or many to classify.
///
/// The next tokens of as many prompts as fit go through the network together. A prompt leaves
/// when its last token is through.
pub(crate) struct Prefill<C: Compute> {
    parts: VecDeque<Part<C>>,
    adapter: Option<C::Adapter>,
    chunk: Option<Chunk<C::Pass>>,
}

/// Tokens that go through the network together.
struct Chunk<P> {
    pass: P,
    /// How many of each of the first prompts.
    spans: Vec<usize>,
    /// How many of these prompts end here.
    ends: usize,
    layers_left: usize,
}

impl<C: Compute> Prefill<C> {
    /// Prompts of which something is left to compute.
    pub(crate) fn new(
        parts: impl IntoIterator<Item = Part<C>>,
        adapter: Option<C::Adapter>,
    ) -> Self {
        Self {
            parts: parts.into_iter().collect(),
            adapter,
            chunk: None,
        }
    }

    /// Tokens that are left to compute.
    pub(crate) fn left(&self) -> usize {
        self.parts.iter().map(Part::left).sum()
    }

    /// Computes as much as fits into this time, and at least a layer. The first prompts that are
    /// through, in their order, each with the logits after its last token; nothing where the time
    /// was over before.
    pub(crate) fn slice(
        &mut self,
        compute: &C,
        pace: &mut Pace,
        time: Duration,
    ) -> Result<Vec<Through<C>>, Error> {
        let start = Instant::now();
        let mut is_first = true;
        while self.left() > 0 {
            let mut chunk = match self.chunk.take() {
                Some(chunk) => chunk,
                None => self.begin(compute, pace)?,
            };
            let left = time.saturating_sub(start.elapsed());
            let rows: usize = chunk.spans.iter().sum();
            let layers = pace.layers(rows, left).min(chunk.layers_left);
            let is_through = chunk.layers_left == 0;
            let has_time = if is_through {
                chunk.ends == 0 || pace.has_time(chunk.ends, left)
            } else {
                layers > 0
            };
            if !has_time && !is_first {
                self.chunk = Some(chunk);
                break;
            }
            if is_through {
                let through = self.finish(compute, chunk, pace)?;
                if !through.is_empty() {
                    return Ok(through);
                }
            } else {
                self.advance(compute, &mut chunk, layers.max(1), pace)?;
                self.chunk = Some(chunk);
            }
            is_first = false;
        }
        Ok(Vec::new())
    }

    fn begin(&self, compute: &C, pace: &Pace) -> Result<Chunk<C::Pass>, Error> {
        let mut rows = pace.rows(self.left());
        let mut spans = Vec::new();
        let mut inputs = Vec::new();
        for part in self.parts.iter().take(pace.logits()) {
            let span = part.left().min(rows);
            if span == 0 {
                break;
            }
            rows -= span;
            spans.push(span);
            inputs.push(Input {
                tokens: &part.tokens[part.done..part.done + span],
                adapter: self.adapter.clone(),
                logits: span == part.left(),
            });
        }
        Ok(Chunk {
            pass: compute.begin(&inputs)?,
            ends: inputs.iter().filter(|input| input.logits).count(),
            spans,
            layers_left: compute.layers(),
        })
    }

    fn advance(
        &mut self,
        compute: &C,
        chunk: &mut Chunk<C::Pass>,
        layers: usize,
        pace: &mut Pace,
    ) -> Result<(), Error> {
        let caches = self.parts.iter_mut().map(|part| &mut part.cache);
        let mut caches: Vec<_> = caches.take(chunk.spans.len()).collect();
        let start = Instant::now();
        compute.advance(&mut chunk.pass, &mut caches, layers)?;
        let took = start.elapsed();
        let rows = chunk.spans.iter().sum();
        pace.rows_took(rows, layers, took);
        chunk.layers_left -= layers;
        Ok(())
    }

    fn finish(
        &mut self,
        compute: &C,
        chunk: Chunk<C::Pass>,
        pace: &mut Pace,
    ) -> Result<Vec<Through<C>>, Error> {
        for (part, span) in self.parts.iter_mut().zip(&chunk.spans) {
            part.done += span;
        }
        if chunk.ends == 0 {
            return Ok(Vec::new());
        }
        let start = Instant::now();
        let logits = compute.finish(chunk.pass)?;
        pace.logits_took(chunk.ends, start.elapsed());
        // Only the last prompt of a chunk can be cut, so that those that are through come first.
        let through = self.parts.drain(..logits.len());
        Ok(through.zip(logits).collect())
    }
}
