//! The models of the MLX thread, each with its turns.

mod load;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use inference_core::{Error, ErrorKind, Retry};
use tokio::sync::{mpsc, watch};

use super::compute::Compute;
use super::exit;
use super::host::{Host, Readiness};
use super::runtime::Runtime;
use super::schedule::{Fairness, Share};
use super::status::Status;
use crate::BACKEND;
use crate::native::device::Device;

pub(crate) use load::{Load, Loaded, Order};

/// After so long without work, what is kept for the next is given back to the system. Requests that
/// follow each other at once find it still there.
const REST: Duration = Duration::from_millis(250);

/// Serves until nobody can load a model any more, which is never.
pub(super) fn serve(mut loads: mpsc::Receiver<Load>, device: &Device) {
    let mut floor = Floor::<Runtime>::default();
    let mut is_trimmed = true;
    exit::wait_for_this_thread();
    while !exit::is_near() {
        match loads.try_recv() {
            Ok(load) => {
                floor.load(load, device.clone());
                is_trimmed = false;
                exit::wait_for_this_thread();
            }
            Err(mpsc::error::TryRecvError::Empty) => {}
            Err(mpsc::error::TryRecvError::Disconnected) => return,
        }
        if floor.turn() {
            is_trimmed = false;
        } else if is_trimmed {
            thread::park();
        } else {
            let start = Instant::now();
            thread::park_timeout(REST);
            if start.elapsed() >= REST {
                Runtime::trim();
                is_trimmed = true;
            }
        }
    }
    exit::stop();
}

/// The models, and whose turn it is.
struct Floor<C: Compute> {
    models: Vec<Model<C>>,
    fairness: Fairness,
}

struct Model<C: Compute> {
    host: Host<C>,
    status: Arc<Status>,
    share: Share,
    /// Dropped last, which tells whoever waits for it.
    _gone: watch::Sender<()>,
}

impl<C: Compute> Default for Floor<C> {
    fn default() -> Self {
        Self {
            models: Vec::new(),
            fairness: Fairness::default(),
        }
    }
}

impl<C: Compute> Floor<C> {
    /// One turn of the model that has had the least time; `false` where none has work.
    fn turn(&mut self) -> bool {
        let mut ready = Vec::with_capacity(self.models.len());
        while let Some(model) = self.models.get_mut(ready.len()) {
            match guarded(|| model.host.look()) {
                Ok(Readiness::Gone) => self.remove(ready.len(), &Error::closed(BACKEND)),
                Ok(readiness) => ready.push(readiness == Readiness::Ready),
                Err(crash) => self.fail(ready.len(), &crash),
            }
        }
        let shares = self.models.iter_mut().map(|model| &mut model.share);
        let Some(next) = self.fairness.next(ready.into_iter().zip(shares)) else {
            return false;
        };
        let model = &mut self.models[next];
        let start = Instant::now();
        let turned = guarded(|| model.host.turn());
        model.share.used += start.elapsed();
        let peak = C::take_peak();
        for model in &mut self.models {
            model.host.note_peak(peak);
        }
        if let Err(crash) = turned {
            self.fail(next, &crash);
        }
        true
    }

    /// Lets go of a model in which something has panicked; the others go on.
    fn fail(&mut self, index: usize, crash: &Error) {
        self.models[index].status.fail(crash.clone());
        self.remove(index, crash);
    }

    /// Ends what a model has in work, and frees it.
    fn remove(&mut self, index: usize, error: &Error) {
        let mut model = self.models.remove(index);
        let removed = guarded(move || {
            model.host.end(error);
            drop(model.host);
            C::trim();
        });
        if let Err(crash) = removed {
            tracing::error!(error = %crash, "a model could not be freed");
        }
    }
}

/// Runs something in which a panic is an error of its own.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| crashed(&*panic))
}

fn crashed(panic: &(dyn Any + Send)) -> Error {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = format!(
        "the engine failed ({}), and the model was let go: load it again",
        said.unwrap_or("it did not say why")
    );
    Error::new(ErrorKind::Crashed, message)
        .with_retry(Retry::Never)
        .with_backend(BACKEND)
}

#[cfg(test)]
mod tests;
