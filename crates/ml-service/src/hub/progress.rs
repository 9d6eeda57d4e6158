//! How far a pull is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::HubError;

/// How far a pull is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PullProgress {
    /// Files to fetch, those that are there already included; 0 while that is not known.
    pub files: usize,
    /// Files that are done.
    pub files_done: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// Bytes that are there.
    pub bytes_done: u64,
    /// What is waited for at the moment, if anything holds the pull up.
    pub waiting: Option<String>,
}

/// Takes the progress of a pull; called often, and must not block.
pub type PullProgressCallback = Arc<dyn Fn(&PullProgress) + Send + Sync>;

/// Sums up what the downloads of one pull tell.
pub(super) struct Tracker {
    seen: Mutex<PullProgress>,
    callback: Option<PullProgressCallback>,
}

impl Tracker {
    pub(super) fn new(callback: Option<PullProgressCallback>) -> Self {
        Self {
            seen: Mutex::default(),
            callback,
        }
    }

    /// What is to be fetched is known.
    pub(super) fn plan(&self, files: usize, bytes: u64) {
        self.change(|seen| {
            (seen.files, seen.bytes) = (files, bytes);
            seen.waiting = None;
        });
    }

    /// So many bytes more are there.
    pub(super) fn received(&self, bytes: u64) {
        self.change(|seen| {
            seen.bytes_done += bytes;
            seen.waiting = None;
        });
    }

    /// So many bytes were there for nothing.
    pub(super) fn lost(&self, bytes: u64) {
        self.change(|seen| seen.bytes_done = seen.bytes_done.saturating_sub(bytes));
    }

    pub(super) fn file_done(&self) {
        self.change(|seen| seen.files_done += 1);
    }

    /// Something failed and is tried again after this time.
    pub(super) fn retries(&self, error: &HubError, after: Duration) {
        let message = error.to_string();
        let fault = message.split(": ").next().unwrap_or_default();
        let seconds = after.as_secs().max(1);
        self.waits(format!("{fault}; again in {seconds} s"));
    }

    /// Something else has to happen first.
    pub(super) fn waits(&self, reason: String) {
        self.change(|seen| seen.waiting = Some(reason));
    }

    fn change(&self, change: impl FnOnce(&mut PullProgress)) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut seen);
        if let Some(callback) = &self.callback {
            callback(&seen);
        }
    }
}
