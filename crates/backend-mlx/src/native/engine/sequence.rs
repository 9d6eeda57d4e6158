//! A sequence in the batch: its tokens, what was computed of them, and its reader.

use inference_core::{Error, FinishReason};

use super::adapters::AdapterId;
use super::admission::{Budget, Reservation};
use super::compute::{Compute, Input, Memory};
use super::reply::Reply;
use crate::native::sampler::Scratch;

/// Tokens for which an open answer gets memory at a time.
const GROWTH: usize = 256;

/// A sequence whose answer is generated, one token in each step of the batch.
pub(crate) struct Sequence<C: Compute> {
    /// Prompt and answer. All but the last are in the cache.
    pub(crate) tokens: Vec<u32>,
    pub(crate) cache: C::Cache,
    pub(crate) adapter: (AdapterId, Option<C::Adapter>),
    pub(crate) reply: Reply,
    pub(crate) room: Room,
}

/// The memory that a sequence may fill.
#[derive(Debug)]
pub(crate) struct Room {
    /// How many tokens fit.
    pub(crate) tokens: usize,
    pub(crate) reservation: Reservation,
}

impl<C: Compute> Sequence<C> {
    /// What goes through the network in the next step, and the cache for it.
    pub(crate) fn next_step(&mut self) -> (Input<'_, C::Adapter>, &mut C::Cache) {
        let last = self.tokens.len() - 1;
        let input = Input {
            tokens: &self.tokens[last..],
            adapter: self.adapter.1.clone(),
            logits: true,
        };
        (input, &mut self.cache)
    }

    /// Whether its reader has taken enough for the next token to be computed.
    pub(crate) fn has_room(&self) -> bool {
        self.reply.has_room()
    }

    /// Ends it badly.
    pub(crate) fn fail(mut self, error: &Error) {
        self.reply.fail(error.clone());
    }

    /// The tokens whose keys and values are in the cache.
    pub(crate) fn computed(&self) -> &[u32] {
        &self.tokens[..self.tokens.len() - 1]
    }

    /// Takes the logits after its last token; `false` where the answer ends with them.
    pub(crate) fn take(
        &mut self,
        logits: &[f32],
        scratch: &mut Scratch,
        memory: Memory,
    ) -> Result<bool, Error> {
        let next = self.reply.say(logits, &self.tokens, scratch, memory)?;
        self.tokens.extend(next);
        Ok(next.is_some())
    }

    /// Sees to it that the next step fits into memory; ends the answer where there is no more.
    pub(crate) fn make_room(&mut self, compute: &C, budget: &Budget) -> bool {
        if self.tokens.len() <= self.room.tokens {
            return true;
        }
        let tokens = self.room.tokens + GROWTH;
        if !budget.grow(&mut self.room.reservation, compute.kv_bytes(tokens)) {
            self.reply.finish(FinishReason::Length, compute.memory());
            return false;
        }
        self.room.tokens = tokens;
        true
    }
}
