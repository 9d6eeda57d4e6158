//! What runs on the MLX thread: loads, and turns of the models.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::task::Waker;
use std::thread;
use std::time::Instant;

use inference_core::{Error, ErrorKind, Retry};
use tokio::sync::{mpsc, oneshot, watch};

use super::host::{Host, Limits, Readiness};
use super::link::Link;
use super::runtime::Runtime;
use super::schedule::{Fairness, Share};
use super::status::Status;
use crate::BACKEND;
use crate::config::{KvCache, MlxConfig};
use crate::native::cache::KvKind;
use crate::native::device::Device;
use crate::native::load_error::LoadError;
use crate::native::memory;
use crate::native::network::Network;
use crate::native::source::Source;

/// What to load.
pub(crate) struct Order {
    /// Where the files are.
    pub(crate) path: PathBuf,
    pub(crate) source: Source,
    pub(crate) config: MlxConfig,
    /// Adapters to be loaded with it.
    pub(crate) adapters: Vec<PathBuf>,
    /// Told how many tensors are read, of how many.
    pub(crate) progress: Box<dyn FnMut(usize, usize) + Send>,
}

/// A load that waits for its turn.
pub(crate) struct Load {
    pub(super) order: Order,
    pub(super) thread: Waker,
    pub(super) reply: oneshot::Sender<Result<Loaded, Error>>,
}

/// A model that was loaded.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) link: Link,
    /// Tokens that a request may fill.
    pub(crate) context: usize,
    pub(crate) slots: usize,
}

/// Serves until nobody can load a model any more, which is never.
pub(super) fn serve(mut loads: mpsc::Receiver<Load>, device: Device) {
    let mut floor = Floor {
        device,
        models: Vec::new(),
        fairness: Fairness::default(),
    };
    loop {
        match loads.try_recv() {
            Ok(load) => floor.load(load),
            Err(mpsc::error::TryRecvError::Empty) => {}
            Err(mpsc::error::TryRecvError::Disconnected) => return,
        }
        if !floor.turn() {
            thread::park();
        }
    }
}

/// The models, and whose turn it is.
struct Floor {
    device: Device,
    models: Vec<Model>,
    fairness: Fairness,
}

struct Model {
    host: Host<Runtime>,
    status: Arc<Status>,
    share: Share,
    /// Dropped last, which tells whoever waits for it.
    _gone: watch::Sender<()>,
}

impl Floor {
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
        let peak = memory::take_peak();
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
            free_cache();
        });
        if let Err(crash) = removed {
            tracing::error!(error = %crash, "a model could not be freed");
        }
    }

    fn load(&mut self, load: Load) {
        let Load {
            order,
            thread,
            reply,
        } = load;
        let mut between = |floor: &mut Self| {
            floor.turn();
            if reply.is_closed() {
                return Err(LoadError::Aborted);
            }
            Ok(())
        };
        let loaded = guarded(|| self.build(order, thread, &mut between)).flatten();
        match loaded {
            Ok((loaded, model)) => {
                // It fails where nobody waits for it any more; then the model goes again.
                if reply.send(Ok(loaded)).is_ok() {
                    self.models.push(model);
                    return;
                }
            }
            Err(error) => drop(reply.send(Err(error))),
        }
        free_cache();
    }

    fn build(
        &mut self,
        order: Order,
        thread: Waker,
        between: &mut dyn FnMut(&mut Self) -> Result<(), LoadError>,
    ) -> Result<(Loaded, Model), Error> {
        let Order {
            path,
            source,
            config,
            adapters,
            mut progress,
        } = order;
        set_limits(&config)?;
        let kind = kind(config.kv_cache);
        let network = Network::load(&source, self.device, &mut |done, total| {
            progress(done, total);
            between(self)
        })?;
        drop(source);
        let runtime = Runtime {
            network,
            model: path,
            kind,
        };
        runtime.check()?;
        let limits = limits(&config)?;
        let context = config.context_length.map_or_else(
            || runtime.fitting(limits.kv_bytes),
            |tokens| tokens.get() as usize,
        );
        let (link, ending) = Link::new(thread);
        let status = Arc::clone(&ending.status);
        let mut host = Host::new(runtime, limits, ending.tasks, Arc::clone(&status));
        for adapter in &adapters {
            host.load_adapter(adapter)?;
        }
        let model = Model {
            host,
            status,
            share: Share::default(),
            _gone: ending.gone,
        };
        let loaded = Loaded {
            link,
            context,
            slots: limits.slots,
        };
        Ok((loaded, model))
    }
}

fn set_limits(config: &MlxConfig) -> Result<(), Error> {
    if let Some(bytes) = config.memory_limit_bytes {
        memory::set_limit(bytes)?;
    }
    if let Some(bytes) = config.cache_limit_bytes {
        memory::set_cache_limit(bytes)?;
    }
    if let Some(bytes) = config.wired_limit_bytes {
        memory::set_wired_limit(bytes)?;
    }
    Ok(())
}

/// What a model may take, once its weights are loaded.
fn limits(config: &MlxConfig) -> Result<Limits, Error> {
    let kv_bytes = match config.kv_budget_bytes {
        Some(bytes) => bytes,
        None => memory::limit()?.saturating_sub(memory::active()?) / 2,
    };
    let slots = config.parallel_slots.unwrap_or(MlxConfig::PARALLEL_SLOTS);
    Ok(Limits {
        slots: slots.get() as usize,
        kv_bytes,
        prefix_bytes: config.prefix_cache_bytes.unwrap_or(kv_bytes / 4),
    })
}

fn kind(kept: KvCache) -> KvKind {
    match kept {
        KvCache::Full => KvKind::Full,
        KvCache::EightBit => KvKind::Quantized { bits: 8 },
        KvCache::FourBit => KvKind::Quantized { bits: 4 },
    }
}

/// Gives the system back what MLX keeps for later.
fn free_cache() {
    // It frees what it can.
    let _ = memory::clear_cache();
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
