//! The one thread of this process that MLX runs on, and the models that it serves.
//!
//! MLX's streams belong to threads, and every thread that touches it leaves a worker behind that
//! never ends. So one thread owns all models from the first load to the end of the process;
//! requests go in and tokens come out by bounded channels. It sleeps unless a request arrives, a
//! reader makes room, or a handle is dropped.

mod adapters;
mod admission;
mod answer;
mod compute;
mod exit;
mod floor;
mod host;
mod link;
mod outlet;
mod pace;
mod prefill;
mod prefix;
mod reading;
mod reply;
mod runtime;
mod schedule;
mod sequence;
mod status;
mod task;
#[cfg(test)]
mod toy;

use std::sync::{Arc, OnceLock};
use std::task::{Wake, Waker};
use std::thread::{self, Thread};

use inference_core::{Error, ErrorKind};
use tokio::sync::{mpsc, oneshot};

use super::device::Device;
use crate::BACKEND;

pub(crate) use answer::{Answer, Limit, Manner, token};
pub(crate) use compute::Memory;
pub(crate) use floor::{Load, Loaded, Order};
pub(crate) use link::Link;
pub(crate) use outlet::Inlet;
pub use status::Activity;
pub(crate) use task::{Classified, Classify, Generate, Observe, Work};

/// Loads that may wait for their turn.
const LOADS: usize = 64;

/// The MLX thread.
#[derive(Debug)]
pub(crate) struct Engine {
    loads: mpsc::Sender<Load>,
    thread: Waker,
}

/// Wakes the thread. A wake that comes while it works keeps it from falling asleep once.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

impl Engine {
    /// The engine of this process, started when it is first asked for. It is the one global of
    /// this crate, since MLX is one.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] where there is no device, or no thread can be started.
    pub(crate) fn get() -> Result<&'static Self, Error> {
        static ENGINE: OnceLock<Result<Engine, Error>> = OnceLock::new();
        ENGINE
            .get_or_init(Self::start)
            .as_ref()
            .map_err(Error::clone)
    }

    fn start() -> Result<Self, Error> {
        require_device()?;
        let (loads, orders) = mpsc::channel(LOADS);
        let thread = thread::Builder::new()
            .name("mlx".to_owned())
            .spawn(move || {
                let device = Device::of_this_build();
                mlx_rs::with_stream(&device.stream(), || floor::serve(orders, &device));
            })
            .map_err(|error| {
                let message = "cannot start the thread that MLX runs on";
                Error::new(ErrorKind::Unavailable, message)
                    .with_backend(BACKEND)
                    .with_source(error)
            })?;
        let thread = Waker::from(Arc::new(Unpark(thread.thread().clone())));
        Ok(Self { loads, thread })
    }

    /// Loads a model. Dropping the future gives up the load, and a model that is already loaded
    /// goes again.
    pub(crate) async fn load(&self, order: Order) -> Result<Loaded, Error> {
        let (reply, loaded) = oneshot::channel();
        let load = Load {
            order,
            thread: self.thread.clone(),
            reply,
        };
        let ended = || Error::new(ErrorKind::Crashed, "the thread that MLX runs on has ended");
        self.loads.send(load).await.map_err(|_| ended())?;
        self.thread.wake_by_ref();
        loaded.await.map_err(|_| ended())?
    }
}

/// Refuses a machine without a device: MLX aborts the process there when it is first called.
pub(crate) fn require_device() -> Result<(), Error> {
    match super::availability::missing() {
        Some(reason) => Err(Error::new(ErrorKind::Unavailable, reason).with_backend(BACKEND)),
        None => Ok(()),
    }
}
