//! What the models of one service share: their memory, and the tasks that outlive a call.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::memory::Memory;
use crate::config::Config;

/// Shared by the models of one service.
pub(super) struct Lifecycle {
    pub(super) memory: Arc<Memory>,
    /// After how long without a request a model that does not say is unloaded.
    pub(super) idle_unload: Option<Duration>,
    /// How many requests may wait for a place at a model that does not say.
    pub(super) max_waiting: Option<u32>,
    ended: CancellationToken,
    clock: AtomicU64,
}

impl Lifecycle {
    pub(super) fn new(config: &Config) -> Arc<Self> {
        Arc::new(Self {
            memory: Memory::new(config.memory_ceiling()),
            idle_unload: config.idle_unload(),
            max_waiting: config.max_waiting(),
            ended: CancellationToken::new(),
            clock: AtomicU64::new(0),
        })
    }

    /// Runs until it is done or the service is dropped. Needs a tokio runtime.
    pub(super) fn spawn(&self, task: impl Future<Output: Send> + Send + 'static) {
        tokio::spawn(self.ended.clone().run_until_cancelled_owned(task));
    }

    /// Ends all tasks.
    pub(super) fn end(&self) {
        self.ended.cancel();
    }

    /// The next moment, for what happened in which order.
    pub(super) fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }
}
