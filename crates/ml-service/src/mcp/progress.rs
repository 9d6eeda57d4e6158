//! How far a call is, told to clients that asked.

use std::time::{Duration, Instant};

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::RequestContext;
use rmcp::{Peer, RoleServer};

/// Between two messages about one answer.
const PACE: Duration = Duration::from_millis(50);

/// Tells a client how far its call is, if it asked.
pub(super) struct Progress {
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
}

impl Progress {
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Self {
        Self {
            peer: context.peer.clone(),
            token: context.meta.get_progress_token(),
        }
    }

    /// Says that `done` of `total` are done. It waits for a client that reads slowly.
    pub(super) async fn report(&self, done: u32, total: Option<u32>, message: String) {
        let Some(token) = self.token.clone() else {
            return;
        };
        let mut progress =
            ProgressNotificationParam::new(token, f64::from(done)).with_message(message);
        progress.total = total.map(f64::from);
        // A client that is gone cancels the call.
        let _ = self.peer.notify_progress(progress).await;
    }
}

/// The tokens of an answer, told a few at a time.
pub(super) struct Tokens<'a> {
    progress: &'a Progress,
    count: u32,
    most: Option<u32>,
    /// What has not been told yet.
    text: String,
    told: Option<Instant>,
}

impl<'a> Tokens<'a> {
    /// An answer of at most so many tokens.
    pub(super) fn new(progress: &'a Progress, most: Option<u32>) -> Self {
        Self {
            progress,
            count: 0,
            most,
            text: String::new(),
            told: None,
        }
    }

    /// One more. The first is told at once, others together with those that came within 50 ms.
    pub(super) async fn add(&mut self, text: &str) {
        self.count = self.count.saturating_add(1);
        if self.progress.token.is_none() {
            return;
        }
        self.text.push_str(text);
        if self.told.is_none_or(|told| told.elapsed() >= PACE) {
            let text = std::mem::take(&mut self.text);
            self.progress.report(self.count, self.most, text).await;
            self.told = Some(Instant::now());
        }
    }
}
