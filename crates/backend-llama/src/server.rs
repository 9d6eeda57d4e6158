//! A llama-server that is started when it is needed, and again after a crash.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use tokio_util::sync::CancellationToken;

use crate::config::LlamaConfig;
use crate::crash_history::CrashHistory;
use crate::instance::Instance;
use crate::progress::StartProgress;
use crate::start_error::{StartError, StartErrorKind};

/// A llama-server of our own, for one model.
///
/// It is started by the first call of [`ready`](Self::ready) and again by the first after a crash;
/// calls at the same time share one start. Nothing of it survives this process, however that ends.
/// Clones are the same server. Dropping the last of them, and of the [`Instance`]s it gave out,
/// kills the server at once without waiting.
///
/// Starts and stops need a tokio runtime with time and I/O.
///
/// ```no_run
/// # async fn example() -> Result<(), backend_llama::StartError> {
/// use backend_llama::{LlamaConfig, LlamaServer};
///
/// let server = LlamaServer::new(LlamaConfig::new("SmolLM2-135M-Instruct.Q4_1.gguf"));
/// let instance = server.ready().await?;
/// println!("{} listens on {}", instance.alias(), instance.socket().display());
/// server.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LlamaServer {
    inner: Arc<Inner>,
}

type Started = Result<Arc<Instance>, StartError>;
type Start = Shared<BoxFuture<'static, Started>>;
type ProgressCallback = Box<dyn Fn(StartProgress) + Send + Sync>;

struct Inner {
    config: LlamaConfig,
    on_progress: Option<ProgressCallback>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    phase: Phase,
    crashes: CrashHistory,
}

#[derive(Default)]
enum Phase {
    #[default]
    Stopped,
    /// The start belongs to those who wait for it: when all have gone, so has the start.
    Starting {
        start: WeakShared<BoxFuture<'static, Started>>,
        stop: CancellationToken,
    },
    Running(Arc<Instance>),
}

impl LlamaServer {
    /// A server that is not started yet.
    pub fn new(config: LlamaConfig) -> Self {
        Self::with(config, None)
    }

    /// A server that is not started yet and reports the progress of each start. The callback runs
    /// on the task of the start: it must not block.
    pub fn with_progress(
        config: LlamaConfig,
        on_progress: impl Fn(StartProgress) + Send + Sync + 'static,
    ) -> Self {
        Self::with(config, Some(Box::new(on_progress)))
    }

    fn with(config: LlamaConfig, on_progress: Option<ProgressCallback>) -> Self {
        Self {
            inner: Arc::new(Inner {
                config,
                on_progress,
                state: Mutex::default(),
            }),
        }
    }

    /// What it is started with.
    pub fn config(&self) -> &LlamaConfig {
        &self.inner.config
    }

    /// The server, once its model answers; starts it where necessary.
    ///
    /// Dropping the future aborts the start, unless others wait for the same one.
    ///
    /// # Errors
    /// [`StartErrorKind::CrashLoop`] when it has crashed too often to be started now, and
    /// everything that a start can fail of. Every call after a failed start tries again.
    pub async fn ready(&self) -> Started {
        let start = match self.inner.running_or_start()? {
            Ready::Running(instance) => return Ok(instance),
            Ready::Starting(start) => start,
        };
        start.await
    }

    /// Whether a call of [`ready`](Self::ready) would start a server that does not run.
    ///
    /// # Errors
    /// [`StartErrorKind::CrashLoop`] while it is left alone after too many crashes.
    pub fn may_start(&self) -> Result<(), StartError> {
        let state = &mut *self.inner.state();
        self.inner.note_crash(state);
        state
            .crashes
            .check(&self.inner.config.crash_limit, Instant::now())?;
        Ok(())
    }

    /// The server, if it runs.
    pub fn running(&self) -> Option<Arc<Instance>> {
        match &self.inner.state().phase {
            Phase::Running(instance) if instance.exit().is_none() => Some(Arc::clone(instance)),
            _ => None,
        }
    }

    /// Stops the server and waits until nothing is left of it: SIGTERM, then SIGKILL after
    /// [`stop_grace`](LlamaConfig::stop_grace). A start in progress fails with
    /// [`StartErrorKind::Stopped`]. A server that does not run is left alone; the next call of
    /// [`ready`](Self::ready) starts it again.
    pub async fn stop(&self) {
        let phase = std::mem::take(&mut self.inner.state().phase);
        match phase {
            Phase::Stopped => {}
            Phase::Starting { start, stop } => {
                stop.cancel();
                if let Some(start) = start.upgrade() {
                    let _ = start.await;
                }
            }
            Phase::Running(instance) => {
                instance.stop(self.inner.config.stop_grace).await;
            }
        }
    }
}

impl From<LlamaConfig> for LlamaServer {
    fn from(config: LlamaConfig) -> Self {
        Self::new(config)
    }
}

enum Ready {
    Running(Arc<Instance>),
    Starting(Start),
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers it once when the server has ended without being stopped.
    fn note_crash(&self, state: &mut State) {
        if let Phase::Running(instance) = &state.phase
            && let Some(exit) = instance.exit()
        {
            tracing::warn!(id = instance.id(), "llama-server {exit}");
            state.crashes.record(&self.config.crash_limit, exit.at);
            state.phase = Phase::Stopped;
        }
    }

    fn running_or_start(self: &Arc<Self>) -> Result<Ready, StartErrorKind> {
        let state = &mut *self.state();
        self.note_crash(state);
        match &state.phase {
            Phase::Running(instance) => return Ok(Ready::Running(Arc::clone(instance))),
            Phase::Starting { start, .. } => {
                if let Some(start) = start.upgrade() {
                    return Ok(Ready::Starting(start));
                }
            }
            Phase::Stopped => {}
        }
        state
            .crashes
            .check(&self.config.crash_limit, Instant::now())?;

        let stop = CancellationToken::new();
        let start = Arc::clone(self).start(stop.clone()).boxed().shared();
        state.phase = Phase::Starting {
            start: start.downgrade().expect("a new future is not complete"),
            stop,
        };
        Ok(Ready::Starting(start))
    }

    async fn start(self: Arc<Self>, stop: CancellationToken) -> Started {
        let report = |progress| {
            if let Some(on_progress) = &self.on_progress {
                on_progress(progress);
            }
        };
        let started = Instance::start(&self.config, &stop, report)
            .await
            .map(Arc::new);
        if self.settle(&started, &stop) {
            return started;
        }
        if let Ok(instance) = started {
            instance.stop(Duration::ZERO).await;
        }
        Err(StartErrorKind::Stopped.into())
    }

    /// Remembers what a start has led to, unless it was stopped meanwhile.
    fn settle(&self, started: &Started, stop: &CancellationToken) -> bool {
        let mut state = self.state();
        if stop.is_cancelled() {
            return false;
        }
        state.phase = match started {
            Ok(instance) => Phase::Running(Arc::clone(instance)),
            Err(_) => Phase::Stopped,
        };
        true
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
