//! An answer on its way to its reader, with what it took.

use std::sync::Arc;
use std::time::{Duration, Instant};

use inference_core::{Error, Event, FinishReason, Metrics, Summary, Usage};

use super::answer::Answer;
use super::compute::Memory;
use super::outlet::Outlet;
use super::status::{Presence, Status};
use crate::native::sampler::Scratch;

/// What the reader of an answer gets.
#[derive(Debug)]
pub(crate) struct Reply {
    answer: Answer,
    outlet: Outlet,
    status: Arc<Status>,
    started: Instant,
    first_token: Option<Duration>,
    prompt_tokens: usize,
    cached_tokens: usize,
    peak: u64,
    /// Gone once the answer has ended.
    presence: Option<Presence>,
}

/// How a prompt came to its answer.
#[derive(Debug)]
pub(crate) struct Origin {
    /// When the call began.
    pub(crate) started: Instant,
    pub(crate) prompt_tokens: usize,
    /// How many of them were computed before.
    pub(crate) cached_tokens: usize,
    pub(crate) presence: Presence,
}

impl Reply {
    pub(crate) fn new(answer: Answer, outlet: Outlet, status: Arc<Status>, origin: Origin) -> Self {
        Self {
            presence: Some(origin.presence),
            answer,
            outlet,
            status,
            started: origin.started,
            first_token: None,
            prompt_tokens: origin.prompt_tokens,
            cached_tokens: origin.cached_tokens,
            peak: 0,
        }
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.outlet.is_abandoned()
    }

    /// Whether the reader has taken enough for the next token to be computed.
    pub(crate) fn has_room(&self) -> bool {
        self.outlet.has_room()
    }

    /// Remembers how much memory was held in a turn of the engine.
    pub(crate) fn note_peak(&mut self, bytes: u64) {
        self.peak = self.peak.max(bytes);
    }

    /// Chooses and sends the token after `history`. `None` where that was the end, which is sent
    /// too.
    pub(crate) fn say(
        &mut self,
        logits: &[f32],
        history: &[u32],
        scratch: &mut Scratch,
        memory: Memory,
    ) -> Result<Option<u32>, Error> {
        let step = self.answer.next(logits, history, scratch)?;
        if let Some(token) = step.token {
            self.first_token
                .get_or_insert_with(|| self.started.elapsed());
            self.status.tokens.add(1);
            self.outlet.send(Ok(Event::Token(token)));
        }
        match step.end {
            Some(reason) => {
                self.finish(reason, memory);
                Ok(None)
            }
            None => Ok(Some(step.id)),
        }
    }

    /// Ends the answer well.
    pub(crate) fn finish(&mut self, reason: FinishReason, memory: Memory) {
        let (reason, held) = self.answer.finish(reason);
        if let Some(token) = held {
            self.outlet.send(Ok(Event::Token(token)));
        }
        let usage = Usage::new(self.prompt_tokens as u64, self.answer.generated() as u64)
            .with_cached_tokens(self.cached_tokens as u64);
        let total = self.started.elapsed();
        let prefill = self.first_token.unwrap_or(total);
        let mut metrics = Metrics::new(&usage, prefill, total.saturating_sub(prefill), total);
        metrics.peak_memory_bytes = Some(self.peak.max(memory.peak).max(memory.active));
        metrics.active_memory_bytes = Some(memory.active);
        let summary = Summary::new(reason, usage, metrics);
        self.presence = None;
        self.outlet.send(Ok(Event::Finished(summary)));
    }

    /// Ends the answer badly.
    pub(crate) fn fail(&mut self, error: Error) {
        self.presence = None;
        self.outlet.send(Err(error));
    }
}
