//! One model on the MLX thread: who waits, whose prompt is read, whose answer is generated.

mod start;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inference_core::Error;
use tokio::sync::mpsc;

use super::adapters::Adapters;
use super::admission::Budget;
use super::compute::{Compute, Memory};
use super::pace::{Pace, SLICE};
use super::prefix::Prefixes;
use super::reading::{Progress, Reading};
use super::schedule::Turn;
use super::sequence::Sequence;
use super::status::Status;
use super::task::Task;
use crate::native::sampler::Scratch;

/// What a model may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Answers generated at the same time.
    pub(crate) slots: usize,
    /// Bytes of all keys and values, those of the prefix cache included.
    pub(crate) kv_bytes: u64,
    /// Bytes of the prefix cache, which gives way to requests.
    pub(crate) prefix_bytes: u64,
}

/// What a host is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// It has work for its next turn.
    Ready,
    /// It waits: for a request, for a reader, or for memory that one of its answers holds.
    Waiting,
    /// It was closed, or nobody has a handle of it any more.
    Gone,
}

/// One model, driven turn by turn by the thread that owns it.
pub(crate) struct Host<C: Compute> {
    pub(super) compute: C,
    slots: usize,
    tasks: mpsc::Receiver<Task>,
    status: Arc<Status>,
    waiting: VecDeque<Task>,
    reading: Option<Reading<C>>,
    /// Those with the same adapter side by side.
    running: Vec<Sequence<C>>,
    prefixes: Prefixes<C::Cache>,
    budget: Budget,
    adapters: Adapters<C::Adapter>,
    pace: Pace,
    turn: Turn,
    scratch: Scratch,
}

impl<C: Compute> Host<C> {
    pub(crate) fn new(
        compute: C,
        limits: Limits,
        tasks: mpsc::Receiver<Task>,
        status: Arc<Status>,
    ) -> Self {
        Self {
            compute,
            slots: limits.slots,
            tasks,
            status,
            waiting: VecDeque::new(),
            reading: None,
            running: Vec::new(),
            prefixes: Prefixes::new(limits.prefix_bytes),
            budget: Budget::new(limits.kv_bytes),
            adapters: Adapters::new(),
            pace: Pace::default(),
            turn: Turn::Decode,
            scratch: Scratch::default(),
        }
    }

    /// Takes what has arrived and drops what nobody waits for any more. To be called before every
    /// turn.
    pub(crate) fn look(&mut self) -> Readiness {
        if self.status.is_closed() {
            return Readiness::Gone;
        }
        loop {
            match self.tasks.try_recv() {
                Ok(task) => self.waiting.push_back(task),
                Err(mpsc::error::TryRecvError::Empty) => break,
                Err(mpsc::error::TryRecvError::Disconnected) => return Readiness::Gone,
            }
        }
        self.drop_abandoned();
        self.show();
        match self.next_turn() {
            Some(_) => Readiness::Ready,
            None => Readiness::Waiting,
        }
    }

    /// One slice of a prefill, or one token of every answer.
    pub(crate) fn turn(&mut self) {
        let Some(turn) = self.next_turn() else {
            return;
        };
        self.turn = turn;
        match turn {
            Turn::Prefill => self.read(),
            Turn::Decode => self.speak(),
        }
        self.show();
    }

    /// Remembers how much memory was held in a turn of any model.
    pub(crate) fn note_peak(&mut self, bytes: u64) {
        let replies = self.running.iter_mut().map(|sequence| &mut sequence.reply);
        let reading = self.reading.as_mut().and_then(Reading::reply);
        for reply in replies.chain(reading) {
            reply.note_peak(bytes);
        }
    }

    /// Ends everything with this error.
    pub(crate) fn end(&mut self, error: &Error) {
        self.tasks.close();
        while let Ok(task) = self.tasks.try_recv() {
            self.waiting.push_back(task);
        }
        for task in self.waiting.drain(..) {
            task.work.fail(error.clone());
        }
        if let Some(reading) = self.reading.take() {
            drop(reading.fail(error.clone()));
        }
        for sequence in self.running.drain(..) {
            sequence.fail(error);
        }
        self.prefixes.shrink_to(0);
        self.show();
    }

    fn next_turn(&self) -> Option<Turn> {
        let can_read = self.reading.is_some() || self.can_start();
        let mut running = self.running.iter();
        let can_speak = running.any(Sequence::has_room);
        self.turn.then(can_read, can_speak)
    }

    /// Reads prompts for a slice: one, or several that are short.
    fn read(&mut self) {
        let start = Instant::now();
        let mut left = SLICE;
        while left >= SLICE / 2 && (self.reading.is_some() || self.can_start()) {
            self.read_on(left);
            left = SLICE.saturating_sub(start.elapsed());
        }
        tracing::debug!(took = ?start.elapsed(), "read for a slice");
    }

    fn read_on(&mut self, time: Duration) {
        if self.reading.is_none() {
            self.start();
        }
        // It stays in its place meanwhile, so that a panic leaves nobody without an answer.
        let Some(reading) = &mut self.reading else {
            return;
        };
        let through = reading.slice(&self.compute, time, &mut self.pace);
        let Some(reading) = self.reading.take() else {
            return;
        };
        let progress = match through {
            Ok(through) => reading.take(through, &self.compute, &mut self.scratch),
            Err(error) => reading.fail(error),
        };
        match progress {
            Progress::More(reading) => self.reading = Some(reading),
            Progress::Speaks(sequence) => {
                let adapter = sequence.adapter.0;
                let place = self.running.partition_point(|one| one.adapter.0 <= adapter);
                self.running.insert(place, sequence);
            }
            Progress::Spoken(sequence) => self.keep(sequence),
            Progress::Over => {}
        }
    }

    /// The next token of every answer whose reader has room.
    fn speak(&mut self) {
        // They stay in their places meanwhile, so that a panic leaves nobody without an answer.
        let takes_part: Vec<bool> = self.running.iter().map(Sequence::has_room).collect();
        let ready = self.running.iter_mut().zip(&takes_part);
        let (inputs, mut caches): (Vec<_>, Vec<_>) = ready
            .filter(|(_, takes_part)| **takes_part)
            .map(|(sequence, _)| sequence.next_step())
            .unzip();
        let start = Instant::now();
        let computed = self.compute.forward(&inputs, &mut caches);
        let network = start.elapsed();
        let answers = inputs.len();
        let mut logits = computed.map(Vec::into_iter);
        let memory = self.compute.memory();
        for (sequence, takes_part) in std::mem::take(&mut self.running)
            .into_iter()
            .zip(takes_part)
        {
            match &mut logits {
                _ if !takes_part => self.running.push(sequence),
                Ok(logits) => {
                    let logits = logits.next().unwrap_or_default();
                    self.take(sequence, &logits, memory);
                }
                Err(error) => sequence.fail(error),
            }
        }
        let rest = start.elapsed().saturating_sub(network);
        tracing::trace!(answers, ?network, ?rest, "a token of each answer");
    }

    /// Gives a sequence its next token.
    fn take(&mut self, mut sequence: Sequence<C>, logits: &[f32], memory: Memory) {
        match sequence.take(logits, &mut self.scratch, memory) {
            Ok(true) if sequence.make_room(&self.compute, &self.budget) => {
                self.running.push(sequence);
                self.prefixes.shrink_to(self.budget.free());
            }
            Ok(_) => self.keep(sequence),
            Err(error) => sequence.fail(&error),
        }
    }

    /// Keeps what was computed for an answer that has ended, for prompts that begin alike.
    fn keep(&mut self, mut sequence: Sequence<C>) {
        drop(sequence.room);
        sequence.tokens.truncate(C::cache_len(&sequence.cache));
        let cache = C::compacted(sequence.cache);
        let serves = |cache: &C::Cache, length| C::truncated(cache, length).is_some();
        self.prefixes.insert(
            sequence.adapter.0,
            sequence.tokens,
            C::cache_bytes(&cache),
            cache,
            serves,
        );
        self.prefixes.shrink_to(self.budget.free());
    }

    fn drop_abandoned(&mut self) {
        self.waiting.retain(|task| !task.work.is_abandoned());
        self.reading.take_if(|reading| reading.is_abandoned());
        self.running
            .retain(|sequence| !sequence.reply.is_abandoned());
    }

    fn show(&self) {
        let status = &self.status;
        status.kv_bytes.set(self.budget.reserved());
        status.prefix_bytes.set(self.prefixes.bytes());
    }
}

#[cfg(test)]
mod tests;
