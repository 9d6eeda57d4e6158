//! What is asked of a model's host.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use inference_core::{AttentionSnapshot, Error};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::answer::Answer;
use super::outlet::Outlet;
use super::status::{Presence, Status};
use crate::native::sampler::{Sampled, Sampler};

/// A request, checked and turned into tokens.
#[derive(Debug)]
pub(crate) struct Task {
    /// The adapter that it wants, a folder or a file.
    pub(crate) adapter: Option<PathBuf>,
    pub(crate) work: Work,
    pub(crate) place: Place,
}

/// A place in the queue, free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    _presence: Presence,
}

impl Place {
    pub(crate) fn new(permit: OwnedSemaphorePermit, status: &Arc<Status>) -> Self {
        Self {
            _permit: permit,
            _presence: Presence::waiting(status),
        }
    }
}

#[derive(Debug)]
pub(crate) enum Work {
    Generate(Generate),
    Classify(Classify),
    Observe(Observe),
}

/// To answer a prompt.
#[derive(Debug)]
pub(crate) struct Generate {
    /// At least one token, and fewer than the context has.
    pub(crate) prompt: Vec<u32>,
    pub(crate) answer: Answer,
    pub(crate) outlet: Outlet,
    /// When the call began.
    pub(crate) started: Instant,
}

/// To choose the first token after each of many prompts.
#[derive(Debug)]
pub(crate) struct Classify {
    pub(crate) prompts: Vec<Vec<u32>>,
    pub(crate) sampler: Sampler,
    /// Whether the logits are wanted too.
    pub(crate) logits: bool,
    pub(crate) reply: oneshot::Sender<Result<Vec<Classified>, Error>>,
}

/// What was chosen, and the logits where they are wanted.
pub(crate) type Classified = (Sampled, Option<Vec<f32>>);

/// To show keys and queries.
#[derive(Debug)]
pub(crate) struct Observe {
    pub(crate) prompt: Vec<u32>,
    pub(crate) reply: oneshot::Sender<Result<AttentionSnapshot, Error>>,
}

impl Work {
    /// Whether nobody waits for it any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        match self {
            Self::Generate(generate) => generate.outlet.is_abandoned(),
            Self::Classify(classify) => classify.reply.is_closed(),
            Self::Observe(observe) => observe.reply.is_closed(),
        }
    }

    /// Ends it before it has begun.
    pub(crate) fn fail(self, error: Error) {
        // A reply fails where nobody waits for it any more.
        match self {
            Self::Generate(generate) => generate.outlet.send(Err(error)),
            Self::Classify(classify) => drop(classify.reply.send(Err(error))),
            Self::Observe(observe) => drop(observe.reply.send(Err(error))),
        }
    }
}
