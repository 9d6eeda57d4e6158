//! The prompts that are in work.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::line::PromptLine;

/// Prompts that were pulled and are not yet answered, by the place of their item.
#[derive(Debug, Default)]
pub(super) struct Pending {
    prompts: Mutex<HashMap<u64, Arc<PromptLine>>>,
}

impl Pending {
    pub(super) fn put(&self, place: u64, prompt: Arc<PromptLine>) {
        // Whoever panicked with the lock left nothing half done.
        let mut pending = self.prompts.lock().unwrap_or_else(PoisonError::into_inner);
        pending.insert(place, prompt);
    }

    /// Takes it away again; `None` where there was none.
    pub(super) fn take(&self, place: u64) -> Option<Arc<PromptLine>> {
        let mut pending = self.prompts.lock().unwrap_or_else(PoisonError::into_inner);
        pending.remove(&place)
    }
}
