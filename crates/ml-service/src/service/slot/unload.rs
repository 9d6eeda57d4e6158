//! Unloads a model, which the next request loads again, or closes it for good.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _, Shared};
use inference_core::{Error, ErrorKind};

use super::{Inner, Loaded, Slot, State, Unload};
use crate::service::memory::Standing;

enum Step {
    Done(bool),
    /// Ends a load; whether there was one.
    Abort(BoxFuture<'static, bool>),
    Unload(Shared<Unload>),
    /// Until something changes.
    Wait,
}

impl Slot {
    /// Unloads the model once nobody uses it; until then it takes no new requests. A load in
    /// progress is ended. `false` where there was nothing to unload.
    ///
    /// Dropping the future before the model is idle leaves it loaded.
    pub(in crate::service) async fn unload(self: &Arc<Self>) -> Result<bool, Error> {
        if self.config.is_none() {
            let message = format!(
                "model {:?} came loaded and could not be loaded again: remove it instead",
                self.name
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        let _drain = self.drain();
        loop {
            let changed = Arc::clone(&self.changed).notified_owned();
            match self.unload_step() {
                Step::Done(was_there) => return Ok(was_there),
                Step::Abort(aborted) => return Ok(aborted.await),
                Step::Unload(unload) => return unload.await.map(|()| true),
                Step::Wait => changed.await,
            }
        }
    }

    fn unload_step(self: &Arc<Self>) -> Step {
        let mut inner = self.lock();
        match &inner.state {
            State::Unloaded(_) | State::Closed => Step::Done(false),
            State::Loaded(loaded) if loaded.residency.uses() > 0 => Step::Wait,
            State::Loaded(_) => Step::Unload(self.begin_unload(&mut inner)),
            State::Unloading(unload) => unload.upgrade().map_or(Step::Wait, Step::Unload),
            State::Loading(_) => {
                let old = std::mem::replace(&mut inner.state, State::Unloaded(None));
                match old {
                    State::Loading(loading) => Step::Abort(loading.abort().boxed()),
                    _ => Step::Done(false),
                }
            }
        }
    }

    /// Unloads the model for another one, unless it is in use by now.
    pub(in crate::service) fn unload_if_idle(self: &Arc<Self>) {
        let mut inner = self.lock();
        if let State::Loaded(loaded) = &inner.state
            && loaded.residency.uses() == 0
        {
            drop(self.begin_unload(&mut inner));
        }
    }

    /// Lets go of a loaded model. It is closed in a task of the service, so that nobody has to
    /// wait for it; whoever wants to can.
    pub(super) fn begin_unload(self: &Arc<Self>, inner: &mut Inner) -> Shared<Unload> {
        let old = std::mem::replace(&mut inner.state, State::Unloaded(None));
        let slot = Arc::clone(self);
        let unload = async move {
            let closed = match old {
                State::Loaded(loaded) => loaded.close().await,
                _ => Ok(()),
            };
            slot.unloaded();
            closed
        };
        let unload: Shared<Unload> = unload.boxed().shared();
        let running = unload
            .downgrade()
            .expect("it has not been polled to its end");
        inner.state = State::Unloading(running);
        self.lifecycle.spawn(unload.clone());
        unload
    }

    fn unloaded(&self) {
        let mut inner = self.lock();
        if matches!(inner.state, State::Unloading(_)) {
            inner.state = State::Unloaded(None);
        }
        drop(inner);
        self.changed.notify_waiters();
    }

    /// Closes the model, or aborts its load; those who wait for it get `Closed`.
    pub(in crate::service) async fn close(&self) -> Result<(), Error> {
        let old = std::mem::replace(&mut self.lock().state, State::Closed);
        self.changed.notify_waiters();
        match old {
            State::Loaded(loaded) => loaded.close().await,
            State::Loading(loading) => {
                loading.abort().await;
                Ok(())
            }
            State::Unloading(unload) => match unload.upgrade() {
                Some(unload) => unload.await,
                None => Ok(()),
            },
            State::Unloaded(_) | State::Closed => Ok(()),
        }
    }

    /// Whether it could be unloaded for another model.
    pub(in crate::service) fn standing(&self) -> Standing {
        let inner = self.lock();
        let is_pinned = self.config.as_ref().is_some_and(|config| config.pin);
        match &inner.state {
            State::Loading(_) | State::Loaded(_) if is_pinned => Standing::Fixed,
            State::Loading(_) => Standing::Busy,
            State::Loaded(loaded) if loaded.residency.uses() > 0 => Standing::Busy,
            State::Loaded(_) => Standing::Idle,
            State::Unloaded(_) | State::Unloading(_) | State::Closed => Standing::Leaving,
        }
    }

    /// When it was used last, in the order of all uses; one that is loading is used now.
    pub(in crate::service) fn last_use(&self) -> u64 {
        match &self.lock().state {
            State::Loaded(loaded) => loaded.residency.last_use().order,
            _ => u64::MAX,
        }
    }
}

impl Loaded {
    /// Frees the model, then what it was counted with.
    async fn close(self) -> Result<(), Error> {
        let closed = self.residency.model.close().await;
        drop(self.residency);
        drop(self.reservation);
        closed
    }
}
