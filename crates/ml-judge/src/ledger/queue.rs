//! What waits to be written: a bounded queue from many tasks to one thread.

use std::collections::VecDeque;
use std::mem;
use std::task::{Context, Poll, Waker};

use super::sync::{Condvar, Mutex, MutexGuard};

/// A job with its weight in bytes.
#[derive(Debug)]
pub(super) struct Entry<T> {
    pub(super) job: T,
    pub(super) weight: usize,
}

/// A queue that takes jobs while those that wait weigh less than its bound, and hands over all of
/// them at once.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    bound: usize,
}

#[derive(Debug)]
struct State<T> {
    jobs: VecDeque<T>,
    weight: usize,
    closed: bool,
    /// Tasks that wait for room.
    waiting: Vec<Waker>,
}

impl<T> Queue<T> {
    pub(super) fn new(bound: usize) -> Self {
        let state = State {
            jobs: VecDeque::new(),
            weight: 0,
            closed: false,
            waiting: Vec::new(),
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            bound,
        }
    }

    /// Takes the entry once there is room. `false` where the queue was closed.
    pub(super) fn poll_push(
        &self,
        entry: &mut Option<Entry<T>>,
        context: &mut Context<'_>,
    ) -> Poll<bool> {
        let mut state = self.lock();
        if state.closed {
            return Poll::Ready(false);
        }
        if state.weight >= self.bound {
            state.waiting.push(context.waker().clone());
            return Poll::Pending;
        }
        if let Some(entry) = entry.take() {
            let was_idle = state.jobs.is_empty();
            state.weight += entry.weight;
            state.jobs.push_back(entry.job);
            if was_idle {
                self.changed.notify_one();
            }
        }
        Poll::Ready(true)
    }

    /// Waits for jobs and takes all that there are. `None` once the queue is closed and empty.
    pub(super) fn take(&self) -> Option<VecDeque<T>> {
        let mut state = self.lock();
        while state.jobs.is_empty() && !state.closed {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        let jobs = mem::take(&mut state.jobs);
        state.weight = 0;
        let waiting = mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
        (!jobs.is_empty()).then_some(jobs)
    }

    /// Refuses what comes from now on; what waits is still handed over.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let waiting = mem::take(&mut state.waiting);
        drop(state);
        self.changed.notify_one();
        waiting.into_iter().for_each(Waker::wake);
    }

    /// No job is ever half queued, so a thread that died with the lock left nothing broken.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
