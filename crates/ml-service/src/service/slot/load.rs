//! Loads a model once for all that ask for it, and lends it to them.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures::future::{AbortHandle, Abortable, BoxFuture, FutureExt as _, Shared, WeakShared};
use inference_core::{Error, ErrorKind, LoadOptions, LoadProgress, TextModel};
use tokio::time::Instant;

use super::idle::unload_when_idle;
use super::residency::{Lease, Residency};
use super::{Failure, Inner, Loaded, Plan, SERVED_PLACES, Slot, State, configured_places};
use crate::service::memory::{Reservation, footprint};

type Load = BoxFuture<'static, Result<Lease, Error>>;

/// A load in progress.
pub(super) struct Loading {
    load: WeakShared<Load>,
    abort: AbortHandle,
    watch: Arc<Watch>,
}

/// How far a load is.
struct Watch {
    since: SystemTime,
    start: Instant,
    latest: Mutex<LoadProgress>,
}

enum Step {
    Ready(Lease),
    Load(Shared<Load>),
    /// Until something changes.
    Wait,
}

impl Loading {
    /// Whether somebody waits for it.
    pub(super) fn is_live(&self) -> bool {
        self.live().is_some()
    }

    pub(super) fn since(&self) -> SystemTime {
        self.watch.since
    }

    /// The time that it has taken, and its last step.
    pub(super) fn progress(&self) -> (Duration, LoadProgress) {
        let latest = self.watch.latest.lock();
        let latest = latest.unwrap_or_else(PoisonError::into_inner).clone();
        (self.watch.start.elapsed(), latest)
    }

    /// Ends the load. What it held is gone once those who wait for it have been told, for which
    /// the returned future waits.
    pub(super) fn abort(self) -> impl Future<Output = bool> {
        self.abort.abort();
        let load = self.load.upgrade();
        async move {
            match load {
                Some(load) => {
                    drop(load.await);
                    true
                }
                None => false,
            }
        }
    }

    /// One that has ended is either loaded, which is another state, or has failed.
    fn live(&self) -> Option<Shared<Load>> {
        self.load.upgrade().filter(|load| load.peek().is_none())
    }
}

impl Slot {
    /// The model for a request, loaded as planned if it is not yet. Waits while the model takes no
    /// new requests. Dropping the future aborts the load, unless somebody else waits for it.
    pub(in crate::service) async fn lease(
        self: &Arc<Self>,
        plan: impl Fn() -> Result<Plan, Error>,
    ) -> Result<Lease, Error> {
        if let Some(lease) = self.lease_now() {
            return Ok(lease);
        }
        loop {
            let changed = Arc::clone(&self.changed).notified_owned();
            match self.step(&plan)? {
                Step::Ready(lease) => return Ok(lease),
                Step::Load(load) => return load.await,
                Step::Wait => changed.await,
            }
        }
    }

    /// The model for a request, where it is loaded and takes new ones.
    pub(in crate::service) fn lease_now(self: &Arc<Self>) -> Option<Lease> {
        let inner = self.lock();
        match &inner.state {
            State::Loaded(loaded) if !self.is_draining() && !loaded.residency.is_spent() => {
                Some(Lease::new(self, &loaded.residency))
            }
            _ => None,
        }
    }

    /// Loads the model in a task of the service, if none does yet. A failure stays in the state.
    pub(in crate::service) fn load_in_background(self: &Arc<Self>, plan: Plan) {
        if self.is_adopted.swap(true, Ordering::AcqRel) {
            return;
        }
        let adopted = Adopted(Arc::clone(self));
        // The load has begun, and is held, before whoever asked for it may go.
        let step = self.step(|| Ok(plan.clone()));
        self.lifecycle.spawn(async move {
            let slot = Arc::clone(&adopted.0);
            match step {
                Ok(Step::Load(load)) => drop(load.await),
                Ok(Step::Wait) => drop(slot.lease(|| Ok(plan.clone())).await),
                Ok(Step::Ready(_)) | Err(_) => {}
            }
        });
    }

    fn step(self: &Arc<Self>, plan: impl Fn() -> Result<Plan, Error>) -> Result<Step, Error> {
        let mut inner = self.lock();
        match &inner.state {
            State::Loaded(loaded) if loaded.residency.is_spent() => {
                // Whoever still reads an answer of it gets the error that it ended with.
                if self.config.is_none() {
                    return Err(self.closed());
                }
                drop(self.begin_unload(&mut inner));
                Ok(Step::Wait)
            }
            State::Loaded(_) if self.is_draining() => Ok(Step::Wait),
            State::Loaded(loaded) => Ok(Step::Ready(Lease::new(self, &loaded.residency))),
            State::Unloading(_) => Ok(Step::Wait),
            State::Closed => Err(self.closed()),
            State::Loading(loading) => match loading.live() {
                Some(load) => Ok(Step::Load(load)),
                None => self.start(&mut inner, plan),
            },
            State::Unloaded(_) => self.start(&mut inner, plan),
        }
    }

    fn start(
        self: &Arc<Self>,
        inner: &mut Inner,
        plan: impl Fn() -> Result<Plan, Error>,
    ) -> Result<Step, Error> {
        let plan = plan().inspect_err(|error| {
            inner.state = State::Unloaded(Some(Failure {
                at: SystemTime::now(),
                error: error.clone(),
            }));
        })?;
        let watch = Arc::new(Watch {
            since: SystemTime::now(),
            start: Instant::now(),
            latest: Mutex::new(LoadProgress::new("starting")),
        });
        let (abort, registration) = AbortHandle::new_pair();
        let running = Arc::clone(self).run(plan, Arc::clone(&watch));
        let loading = Abortable::new(running, registration);
        let slot = Arc::clone(self);
        let load = async move { loading.await.unwrap_or_else(|_aborted| Err(slot.stopped())) }
            .boxed()
            .shared();
        inner.state = State::Loading(Loading {
            load: load.downgrade().expect("it has not been polled to its end"),
            abort,
            watch,
        });
        Ok(Step::Load(load))
    }

    async fn run(self: Arc<Self>, plan: Plan, watch: Arc<Watch>) -> Result<Lease, Error> {
        let loaded = self.load(plan, &watch).await;
        if let Ok((model, _)) = &loaded {
            self.queue.set_places(self.places(&**model));
        }
        let settled = self.settle(loaded, &watch);
        self.changed.notify_waiters();
        self.lifecycle.memory.changed.notify_waiters();
        settled
    }

    async fn load(
        self: &Arc<Self>,
        mut plan: Plan,
        watch: &Arc<Watch>,
    ) -> Result<(Arc<dyn TextModel>, Reservation), Error> {
        plan.options = watched(plan.options, watch);
        let bytes = self.config.as_ref().map_or(0, footprint);
        let waits = || {
            plan.options.report(LoadProgress::new("waiting for memory"));
        };
        let memory = &self.lifecycle.memory;
        let reservation = memory.reserve(self, bytes, waits).await?;
        let model = plan.loader.load(plan.source, plan.options).await?;
        Ok((model, reservation))
    }

    /// Keeps what a load has led to, unless it was stopped meanwhile.
    fn settle(
        self: &Arc<Self>,
        loaded: Result<(Arc<dyn TextModel>, Reservation), Error>,
        watch: &Arc<Watch>,
    ) -> Result<Lease, Error> {
        let mut inner = self.lock();
        let is_ours = |loading: &Loading| Arc::ptr_eq(&loading.watch, watch);
        if !matches!(&inner.state, State::Loading(loading) if is_ours(loading)) {
            drop(inner);
            return Err(self.stopped());
        }
        let (model, reservation) = match loaded {
            Ok(loaded) => loaded,
            Err(error) => {
                inner.state = State::Unloaded(Some(Failure {
                    at: SystemTime::now(),
                    error: error.clone(),
                }));
                return Err(error);
            }
        };
        let residency = Residency::new(model, self.lifecycle.tick());
        // Whoever waits for the load gets the model before it can be unloaded again.
        let lease = Lease::new(self, &residency);
        if let Some(after) = self.idle_unload() {
            let (slot, residency) = (Arc::downgrade(self), Arc::downgrade(&residency));
            self.lifecycle
                .spawn(unload_when_idle(slot, residency, after));
        }
        inner.last_load = Some(watch.start.elapsed());
        inner.state = State::Loaded(Loaded {
            residency,
            since: SystemTime::now(),
            reservation: Some(reservation),
        });
        Ok(lease)
    }

    /// Requests that a loaded model may run at once.
    fn places(&self, model: &dyn TextModel) -> usize {
        let configured = self.config.as_ref().and_then(configured_places);
        let told = model.info().parallel_slots.map(|slots| slots as usize);
        configured.or(told).unwrap_or(SERVED_PLACES)
    }

    /// After how long it is unloaded that nobody has used it. Only models that take memory here
    /// are; pinned ones are not.
    fn idle_unload(&self) -> Option<Duration> {
        let config = self.config.as_ref()?;
        let is_kept = config.pin || config.path.is_none();
        let after = config.idle_unload.or(self.lifecycle.idle_unload);
        after.filter(|_| !is_kept)
    }

    /// What those are told who waited for a load that was ended.
    fn stopped(&self) -> Error {
        if matches!(self.lock().state, State::Closed) {
            return self.closed();
        }
        let message = format!("model {:?} was unloaded while it was loading", self.name);
        Error::new(ErrorKind::Unavailable, message)
    }
}

/// Shows the progress to the watch, and to whom it was shown before.
fn watched(options: LoadOptions, watch: &Arc<Watch>) -> LoadOptions {
    let watch = Arc::clone(watch);
    let before = options.progress.clone();
    options.with_progress(move |progress| {
        if let Some(before) = &before {
            before(progress.clone());
        }
        *watch.latest.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    })
}

/// A model that a task of the service loads, until this is dropped.
struct Adopted(Arc<Slot>);

impl Drop for Adopted {
    fn drop(&mut self) {
        self.0.is_adopted.store(false, Ordering::Release);
    }
}
