//! What a model's handles and its host on the MLX thread know of each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use inference_core::{Error, ErrorKind};

use crate::BACKEND;

/// Shared by the handles of a model and its host.
#[derive(Debug, Default)]
pub(crate) struct Status {
    closed: AtomicBool,
    failure: OnceLock<Error>,
    pub(crate) waiting: Gauge,
    pub(crate) generating: Gauge,
    pub(crate) requests: Gauge,
    pub(crate) prompt_tokens: Gauge,
    pub(crate) tokens: Gauge,
    pub(crate) kv_bytes: Gauge,
    pub(crate) prefix_bytes: Gauge,
}

/// A number that some write and others read.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU64);

/// Something that is there, and counted while it lives.
#[derive(Debug)]
pub(crate) struct Presence {
    status: Arc<Status>,
    gauge: fn(&Status) -> &Gauge,
}

impl Presence {
    /// A request that waits.
    pub(crate) fn waiting(status: &Arc<Status>) -> Self {
        Self::new(status, |status| &status.waiting)
    }

    /// A request in work.
    pub(crate) fn generating(status: &Arc<Status>) -> Self {
        Self::new(status, |status| &status.generating)
    }

    fn new(status: &Arc<Status>, gauge: fn(&Status) -> &Gauge) -> Self {
        gauge(status).add(1);
        Self {
            status: Arc::clone(status),
            gauge,
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        (self.gauge)(&self.status).0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Gauge {
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Release);
    }

    pub(crate) fn add(&self, value: u64) {
        self.0.fetch_add(value, Ordering::AcqRel);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

impl Status {
    /// Asks the host to end everything.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Says why the model can no longer be used. The first reason stays.
    pub(crate) fn fail(&self, error: Error) {
        // A second reason is the consequence of the first.
        let _ = self.failure.set(error);
    }

    /// Why there is no model any more.
    pub(crate) fn ending(&self) -> Error {
        if self.is_closed() {
            return Error::closed(BACKEND);
        }
        self.failure.get().cloned().unwrap_or_else(|| {
            let message = "the engine failed before the answer's end";
            Error::new(ErrorKind::Crashed, message).with_backend(BACKEND)
        })
    }
}

/// What a model is doing at this moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Activity {
    /// Requests that wait for a place or for memory.
    pub waiting: u64,
    /// Requests in work: their prompt is read, or their answer generated.
    pub generating: u64,
    /// Requests that have arrived since the model was loaded.
    pub requests: u64,
    /// Tokens of prompts computed since the model was loaded; those that were found again are not
    /// among them.
    pub prompt_tokens: u64,
    /// Tokens generated since the model was loaded, whether they were read or not.
    pub tokens: u64,
    /// Bytes reserved for the keys and values of the requests in work.
    pub kv_bytes: u64,
    /// Bytes that the prefix cache holds.
    pub prefix_bytes: u64,
}

impl Activity {
    pub(crate) fn of(status: &Status) -> Self {
        Self {
            waiting: status.waiting.get(),
            generating: status.generating.get(),
            requests: status.requests.get(),
            prompt_tokens: status.prompt_tokens.get(),
            tokens: status.tokens.get(),
            kv_bytes: status.kv_bytes.get(),
            prefix_bytes: status.prefix_bytes.get(),
        }
    }
}
