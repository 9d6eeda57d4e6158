//! A client's turn at a model: a place in its queue, and the model.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::try_join;
use inference_core::{
    EntryPoint, Error, ErrorKind, GenerateOptions, Prompt, Retry, TextModel, TokenStream,
};

use super::adapters::settle_adapter;
use super::leased::{self, Leased};
use super::queue::QueueStatus;
use super::slot::{Lease, Slot};
use super::{ModelState, Service};
use crate::options;

mod seat;

use seat::Seats;

/// Who asks, and how long it waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// What tells clients apart, such as the name of a key or an address. Clients take turns;
    /// all callers of the same text are one client.
    pub client: String,
    /// How long to wait for a model that is not loaded; unset is as long as it takes. With it the
    /// load belongs to the service and goes on where the caller gives up.
    pub load_patience: Option<Duration>,
}

impl Caller {
    /// A caller that waits as long as it takes.
    pub fn new(client: impl Into<String>) -> Self {
        Self {
            client: client.into(),
            load_patience: None,
        }
    }

    /// Sets [`load_patience`](Self::load_patience).
    #[must_use]
    pub fn with_load_patience(mut self, patience: Duration) -> Self {
        self.load_patience = Some(patience);
        self
    }
}

/// A client's turn at a model, which is loaded: one of the places in which requests run at once.
///
/// The place is free, and the model may be unloaded, when this and every answer of it have ended
/// or are dropped.
#[derive(Clone)]
pub struct Turn {
    name: String,
    lease: Lease,
    seats: Arc<Seats>,
    adapter: Option<String>,
    /// What requests leave unset.
    options: GenerateOptions,
}

impl Turn {
    /// The name that the model was asked by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The model, with the adapter that its name asks for. It does not hold the place: keep the
    /// turn as long as it works.
    pub fn model(&self) -> Arc<dyn TextModel> {
        Arc::new(Leased::new(self.lease.clone(), self.adapter.clone()))
    }

    /// Streams an answer, as [`Service::generate`] does.
    ///
    /// Of several answers of one turn, one runs in its place; another one takes a further place
    /// where one is free that nobody waits for, and otherwise begins when one of them has ended.
    /// They are meant to be read together: one that waits does so until those that run are read to
    /// their ends or dropped.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for options that no model can honour, or another adapter than
    /// the model's name asks for. Errors of the answer come in the stream.
    pub fn generate(
        &self,
        prompt: Prompt,
        mut options: GenerateOptions,
        entry: EntryPoint,
    ) -> Result<TokenStream, Error> {
        options.validate()?;
        settle_adapter(self.adapter.as_deref(), &mut options.adapter)?;
        let options = options::merge(options, &self.options).resolve(entry);
        let (seats, lease) = (Arc::clone(&self.seats), self.lease.clone());
        let backend = lease.model().info().backend.clone();
        let begin = async move {
            let seat = seats.take().await;
            leased::answer(lease, prompt, options, seat)
        };
        Ok(TokenStream::new(backend, begin.flatten_stream()))
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Service {
    /// Waits for a turn at a model: for its load, and in its queue for a place. So many requests
    /// run at once as the model's `parallel_slots` or `concurrency` say, else as its backend does,
    /// else 64, or any number for a model that came loaded; `max_waiting` more may wait. Clients take turns. Where the line is full, the last
    /// request of the client with the most waiting is refused for one of a client with fewer.
    ///
    /// [`generate`](Self::generate) and [`get`](Self::get) pass by the queue: they are for programs
    /// that bound their requests themselves.
    ///
    /// Dropping the future leaves the line; a place that it has been given goes to the next.
    ///
    /// # Errors
    /// - [`ErrorKind::RateLimited`] with [`Retry::After`]: too many wait already.
    /// - [`ErrorKind::Unavailable`] with [`Retry::After`]: the model is loading still, and the
    ///   caller's patience is over. The load goes on.
    /// - Those of [`get`](Self::get).
    pub async fn enter(&self, name: Option<&str>, caller: &Caller) -> Result<Turn, Error> {
        let named = self.find(name)?;
        let slot = &named.slot;
        let waiting = slot.queue().enter(&caller.client)?;
        let leased = self.lease_within(slot, caller.load_patience);
        // Whoever has to leave the line does so at once.
        let (lease, place) = try_join(leased, waiting).await?;
        Ok(Turn {
            name: named.to_string(),
            lease,
            seats: Seats::new(slot.queue(), place),
            options: options::merge(slot.options().clone(), &self.options),
            adapter: named.adapter,
        })
    }

    /// How many requests run and wait at the model of this name.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: the name is unknown.
    pub fn queue(&self, name: &str) -> Result<QueueStatus, Error> {
        Ok(self.slot(Some(name))?.queue().status())
    }

    async fn lease_within(
        &self,
        slot: &Arc<Slot>,
        patience: Option<Duration>,
    ) -> Result<Lease, Error> {
        let Some(patience) = patience else {
            return self.lease(slot).await;
        };
        if let Some(lease) = slot.lease_now() {
            return Ok(lease);
        }
        slot.load_in_background(self.plan(slot)?);
        let leased = tokio::time::timeout(patience, self.lease(slot)).await;
        leased.unwrap_or_else(|_| Err(not_yet(slot)))
    }
}

fn not_yet(slot: &Slot) -> Error {
    let (what, after) = match slot.state() {
        ModelState::Loading {
            progress,
            time_left,
            ..
        } => (progress.phase, time_left),
        state => (state.name().to_owned(), Duration::from_secs(1)),
    };
    let seconds = after.as_secs().max(1);
    let message = format!(
        "model {:?} cannot answer yet ({what}): try again in {seconds} s",
        slot.name()
    );
    Error::new(ErrorKind::Unavailable, message)
        .with_retry(Retry::After(Duration::from_secs(seconds)))
}
