//! What a run is doing or has just done, so that nothing is done twice.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::{Key, Ledger, LedgerError, Seen};

/// The work of one kind in a run: what is under way, and what is done but not yet durable.
#[derive(Debug)]
pub(super) struct Stage<T> {
    seen: Mutex<Seen>,
    current: Mutex<HashMap<Key, Current<T>>>,
}

#[derive(Debug)]
enum Current<T> {
    /// Under way; these wait for it.
    Running(Vec<oneshot::Sender<T>>),
    /// Done, and on its way into the ledger.
    Done(T),
}

/// Who does a piece of work.
pub(super) enum Claim<'a, T> {
    /// The caller.
    Mine(Mine<'a, T>),
    /// Somebody else, who will tell. Nobody will where it was given up.
    Others(oneshot::Receiver<T>),
    /// Nobody any more.
    Done(T),
}

impl<T: Clone> Stage<T> {
    pub(super) fn new(seen: Seen) -> Self {
        Self {
            seen: Mutex::new(seen),
            current: Mutex::default(),
        }
    }

    /// Whether the ledger may have the key.
    pub(super) fn has_seen(&self, key: Key, ledger: &Ledger) -> Result<bool, LedgerError> {
        let mut seen = unpoisoned(&self.seen);
        seen.refresh(ledger)?;
        Ok(seen.contains(key))
    }

    /// Whether the ledger had the key before the run.
    pub(super) fn had(&self, key: Key) -> bool {
        unpoisoned(&self.seen).has_loaded(key)
    }

    pub(super) fn claim(&self, key: Key) -> Claim<'_, T> {
        let mut current = unpoisoned(&self.current);
        match current.get_mut(&key) {
            None => {
                current.insert(key, Current::Running(Vec::new()));
                Claim::Mine(Mine { stage: self, key })
            }
            Some(Current::Running(waiting)) => {
                let (tell, told) = oneshot::channel();
                waiting.push(tell);
                Claim::Others(told)
            }
            Some(Current::Done(value)) => Claim::Done(value.clone()),
        }
    }

    /// Forgets what is durable now.
    pub(super) fn release(&self, key: Key) {
        unpoisoned(&self.current).remove(&key);
    }
}

/// The right to do a piece of work. Dropping it gives the work up.
pub(super) struct Mine<'a, T> {
    stage: &'a Stage<T>,
    key: Key,
}

impl<T> Mine<'_, T> {
    /// It was done and will be in the ledger. [`Stage::release`] ends this.
    pub(super) fn done(self, value: &T)
    where
        T: Clone,
    {
        unpoisoned(&self.stage.seen).insert(self.key);
        let done = Current::Done(value.clone());
        let before = unpoisoned(&self.stage.current).insert(self.key, done);
        tell(before, value);
    }

    /// It came to a value that is not kept.
    pub(super) fn passing(self, value: &T)
    where
        T: Clone,
    {
        let before = unpoisoned(&self.stage.current).remove(&self.key);
        tell(before, value);
    }
}

impl<T> Drop for Mine<'_, T> {
    fn drop(&mut self) {
        let mut current = unpoisoned(&self.stage.current);
        if let Some(Current::Running(_)) = current.get(&self.key) {
            current.remove(&self.key);
        }
    }
}

fn tell<T: Clone>(before: Option<Current<T>>, value: &T) {
    if let Some(Current::Running(waiting)) = before {
        for waiter in waiting {
            // It may have been dropped.
            let _ = waiter.send(value.clone());
        }
    }
}

/// Nothing panics with one of these locks.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
