//! How far a call is, told to clients that asked.

use std::time::{Duration, Instant};

use futures::future::BoxFuture;

/// Between two messages about one answer.
const PACE: Duration = Duration::from_millis(50);

/// Who is told how far a call is.
pub(crate) trait Progress: Send + Sync {
    /// Whether anybody is.
    fn is_wanted(&self) -> bool;

    /// Says that `done` of `total` are done. It waits for a client that reads slowly.
    fn report(&self, done: u32, total: Option<u32>, message: String) -> BoxFuture<'_, ()>;
}

/// Nobody is told.
#[cfg(feature = "server")]
pub(crate) struct Untold;

#[cfg(feature = "server")]
impl Progress for Untold {
    fn is_wanted(&self) -> bool {
        false
    }

    fn report(&self, _: u32, _: Option<u32>, _: String) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// The tokens of an answer, told a few at a time.
pub(super) struct Tokens<'a> {
    progress: &'a dyn Progress,
    count: u32,
    most: Option<u32>,
    /// What has not been told yet.
    text: String,
    told: Option<Instant>,
}

impl<'a> Tokens<'a> {
    /// An answer of at most so many tokens.
    pub(super) fn new(progress: &'a dyn Progress, most: Option<u32>) -> Self {
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
        if !self.progress.is_wanted() {
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
