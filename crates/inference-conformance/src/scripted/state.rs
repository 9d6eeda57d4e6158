//! What the streams of one scripted model share.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::Shared;
use inference_core::{Error, GenerateOptions, Prompt};

use super::ScriptedModel;
use crate::Activity;

pub(super) struct State {
    requests: Mutex<Vec<(Prompt, GenerateOptions)>>,
    generating: AtomicU64,
    tokens: AtomicU64,
    draws: AtomicU64,
    open: Mutex<Option<oneshot::Sender<()>>>,
    /// Completes when `open` is dropped.
    closed: Shared<oneshot::Receiver<()>>,
}

impl State {
    pub(super) fn arrived(&self, prompt: Prompt, options: GenerateOptions) {
        lock(&self.requests).push((prompt, options));
    }

    pub(super) fn requests(&self) -> Vec<(Prompt, GenerateOptions)> {
        lock(&self.requests).clone()
    }

    pub(super) fn activity(&self) -> Activity {
        Activity::new(self.generating.load(Ordering::Acquire))
            .with_requests(lock(&self.requests).len() as u64)
            .with_tokens(self.tokens.load(Ordering::Acquire))
    }

    pub(super) fn started(&self) {
        self.generating.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn ended(&self) {
        self.generating.fetch_sub(1, Ordering::AcqRel);
    }

    pub(super) fn produced(&self) {
        self.tokens.fetch_add(1, Ordering::AcqRel);
    }

    /// A seed for a request that has none.
    pub(super) fn draw(&self) -> u64 {
        self.draws.fetch_add(1, Ordering::AcqRel)
    }

    pub(super) fn close(&self) {
        lock(&self.open).take();
    }

    pub(super) fn check_open(&self) -> Result<(), Error> {
        if lock(&self.open).is_some() {
            Ok(())
        } else {
            Err(Error::closed(ScriptedModel::BACKEND))
        }
    }

    pub(super) async fn closed(&self) {
        let _ = self.closed.clone().await;
    }
}

impl Default for State {
    fn default() -> Self {
        let (open, closed) = oneshot::channel();
        Self {
            requests: Mutex::default(),
            generating: AtomicU64::new(0),
            tokens: AtomicU64::new(0),
            draws: AtomicU64::new(0),
            open: Mutex::new(Some(open)),
            closed: closed.shared(),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.activity())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
