//! How a model comes to the MLX thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::task::Waker;

use inference_core::Error;
use tokio::sync::oneshot;

use super::{Floor, Model, guarded};
use crate::config::{KvCache, MlxConfig};
use crate::native::cache::KvKind;
use crate::native::device::Device;
use crate::native::engine::compute::Compute as _;
use crate::native::engine::exit;
use crate::native::engine::host::{Host, Limits};
use crate::native::engine::link::Link;
use crate::native::engine::runtime::Runtime;
use crate::native::engine::schedule::Share;
use crate::native::heap;
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
    pub(in crate::native::engine) order: Order,
    pub(in crate::native::engine) thread: Waker,
    pub(in crate::native::engine) reply: oneshot::Sender<Result<Loaded, Error>>,
}

/// A model that was loaded.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) link: Link,
    /// Tokens that a request may fill.
    pub(crate) context: usize,
    pub(crate) slots: usize,
}

impl Floor<Runtime> {
    /// Loads a model. The others have their turns between its tensors.
    pub(super) fn load(&mut self, load: Load, device: Device) {
        let Load {
            order,
            thread,
            reply,
        } = load;
        let mut between = |floor: &mut Self| {
            floor.turn();
            if reply.is_closed() || exit::is_near() {
                return Err(LoadError::Aborted);
            }
            Ok(())
        };
        let loaded = guarded(|| self.build(order, device, thread, &mut between)).flatten();
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
        Runtime::trim();
    }

    fn build(
        &mut self,
        order: Order,
        device: Device,
        thread: Waker,
        between: &mut dyn FnMut(&mut Self) -> Result<(), LoadError>,
    ) -> Result<(Loaded, Model<Runtime>), Error> {
        let Order {
            path,
            source,
            config,
            adapters,
            mut progress,
        } = order;
        set_limits(&config)?;
        let kind = kind(config.kv_cache);
        let network = Network::load(&source, device, &mut |done, total| {
            progress(done, total);
            between(self)
        })?;
        drop(source);
        heap::bound();
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
