//! The fields of the prompts that are in work.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::line::Fields;

/// The fields of prompts that were pulled and are not yet answered, by their place.
#[derive(Debug, Default)]
pub(super) struct Pending {
    fields: Mutex<HashMap<u64, Fields>>,
}

impl Pending {
    pub(super) fn put(&self, place: u64, fields: Fields) {
        // Whoever panicked with the lock left nothing half done.
        let mut pending = self.fields.lock().unwrap_or_else(PoisonError::into_inner);
        pending.insert(place, fields);
    }

    /// Takes them away again; none where there were none.
    pub(super) fn take(&self, place: u64) -> Fields {
        let mut pending = self.fields.lock().unwrap_or_else(PoisonError::into_inner);
        pending.remove(&place).unwrap_or_default()
    }
}
