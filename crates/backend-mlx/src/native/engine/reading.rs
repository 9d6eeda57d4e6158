//! A request whose prompts are read.

use std::sync::Arc;
use std::time::Duration;

use inference_core::{Error, ErrorKind};
use tokio::sync::oneshot;

use super::adapters::AdapterId;
use super::compute::Compute;
use super::pace::Pace;
use super::prefill::{Part, Prefill, Through};
use super::reply::Reply;
use super::sequence::{Room, Sequence};
use super::status::{Presence, Status};
use super::task::Classified;
use crate::native::sampler::{Sampler, Scratch};

/// A request whose prompts are on their way through the network.
pub(crate) struct Reading<C: Compute> {
    status: Arc<Status>,
    prefill: Prefill<C>,
    adapter: (AdapterId, Option<C::Adapter>),
    purpose: Purpose,
}

/// What the prompts are read for.
pub(crate) enum Purpose {
    /// To answer the only one.
    Answer { reply: Box<Reply>, room: Room },
    /// To choose the first token after each.
    Classify(Classifying),
}

/// A classification in work.
pub(crate) struct Classifying {
    pub(crate) sampler: Sampler,
    /// Whether the logits are wanted.
    pub(crate) logits: bool,
    pub(crate) reply: oneshot::Sender<Result<Vec<Classified>, Error>>,
    pub(crate) room: Room,
    pub(crate) presence: Presence,
    /// The prompts that are through, in their order.
    pub(crate) found: Vec<Classified>,
}

/// What has become of a request after a slice.
pub(crate) enum Progress<C: Compute> {
    /// There is more to read.
    More(Reading<C>),
    /// Its first token was sent.
    Speaks(Sequence<C>),
    /// Its first token was its last.
    Spoken(Sequence<C>),
    /// It is over, well or badly.
    Over,
}

impl<C: Compute> Reading<C> {
    pub(crate) fn new(
        status: Arc<Status>,
        parts: impl IntoIterator<Item = Part<C>>,
        adapter: (AdapterId, Option<C::Adapter>),
        purpose: Purpose,
    ) -> Self {
        Self {
            status,
            prefill: Prefill::new(parts, adapter.1.clone()),
            adapter,
            purpose,
        }
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        match &self.purpose {
            Purpose::Answer { reply, .. } => reply.is_abandoned(),
            Purpose::Classify(classifying) => classifying.reply.is_closed(),
        }
    }

    /// The reply that it leads to, if it is one.
    pub(crate) fn reply(&mut self) -> Option<&mut Reply> {
        match &mut self.purpose {
            Purpose::Answer { reply, .. } => Some(reply),
            Purpose::Classify(_) => None,
        }
    }

    /// Reads on for so long. What is through is for [`take`](Self::take).
    pub(crate) fn slice(
        &mut self,
        compute: &C,
        time: Duration,
        pace: &mut Pace,
    ) -> Result<Vec<Through<C>>, Error> {
        let before = self.prefill.left();
        let through = self.prefill.slice(compute, pace, time);
        let left = self.prefill.left();
        self.status.prompt_tokens.add((before - left) as u64);
        tracing::debug!(read = before - left, left, "read a slice of a prompt");
        through
    }

    /// What becomes of the request with the prompts that are through.
    pub(crate) fn take(
        mut self,
        through: Vec<Through<C>>,
        compute: &C,
        scratch: &mut Scratch,
    ) -> Progress<C> {
        for (part, logits) in through {
            match self.purpose {
                Purpose::Answer { reply, room } => {
                    let sequence = Sequence {
                        tokens: part.tokens,
                        cache: part.cache,
                        adapter: self.adapter,
                        reply: *reply,
                        room,
                    };
                    return speak(sequence, &logits, scratch, compute);
                }
                Purpose::Classify(ref mut classifying) => {
                    if let Err(error) = classifying.take(logits, scratch) {
                        return self.fail(error);
                    }
                }
            }
        }
        if self.prefill.left() > 0 {
            return Progress::More(self);
        }
        match self.purpose {
            Purpose::Classify(classifying) => classifying.finish(Ok(())),
            // A prompt has at least one token to compute, and leaves with its logits.
            Purpose::Answer { mut reply, .. } => {
                reply.fail(Error::new(ErrorKind::Backend, "the prompt gave no logits"));
            }
        }
        Progress::Over
    }

    /// Ends it badly.
    pub(crate) fn fail(self, error: Error) -> Progress<C> {
        match self.purpose {
            Purpose::Answer { mut reply, .. } => reply.fail(error),
            Purpose::Classify(classifying) => classifying.finish(Err(error)),
        }
        Progress::Over
    }
}

fn speak<C: Compute>(
    mut sequence: Sequence<C>,
    logits: &[f32],
    scratch: &mut Scratch,
    compute: &C,
) -> Progress<C> {
    match sequence.take(logits, scratch, compute.memory()) {
        Ok(true) => Progress::Speaks(sequence),
        Ok(false) => Progress::Spoken(sequence),
        Err(error) => {
            sequence.fail(&error);
            Progress::Over
        }
    }
}

impl Classifying {
    fn take(&mut self, logits: Vec<f32>, scratch: &mut Scratch) -> Result<(), Error> {
        let sampled = self.sampler.sample(&logits, &[], scratch)?;
        self.found.push((sampled, self.logits.then_some(logits)));
        Ok(())
    }

    fn finish(self, result: Result<(), Error>) {
        drop((self.presence, self.room));
        // It fails where nobody waits for it any more.
        let _ = self.reply.send(result.map(|()| self.found));
    }
}
