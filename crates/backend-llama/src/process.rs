//! One llama-server process, from its start until nothing of it is left.
//!
//! A thread of its own, the keeper, starts the server, waits for its end and clears up after it.
//! It is no task of a runtime, because a server may outlive the runtime that started it, and
//! because Linux ties the server's life to the *thread* that started it.

mod keeper;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::sync::{oneshot, watch};
use tracing::dispatcher::{self, Dispatch};

use crate::exit::Exit;
use crate::log::Log;
use crate::socket::SocketFolder;
use crate::start_error::StartErrorKind;

/// What to start.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) binary: PathBuf,
    pub(crate) argv: Vec<OsString>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) folder: SocketFolder,
}

/// A server that was started. Dropping it kills the server at once; the keeper does the rest.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    id: u32,
    target: Arc<Target>,
    log: Arc<Log>,
    exit: watch::Receiver<Option<Exit>>,
}

/// The ids of a server and of the group that its watcher leads, as long as signals may be sent to
/// them.
#[derive(Debug, Default)]
struct Target(Mutex<Option<Ids>>);

#[derive(Debug, Clone, Copy)]
struct Ids {
    server: Pid,
    group: Pid,
}

impl ServerProcess {
    /// Starts the server, with its watcher, on a keeper of its own.
    pub(crate) async fn spawn(launch: Launch) -> Result<Self, StartErrorKind> {
        let log = Arc::<Log>::default();
        let target = Arc::<Target>::default();
        let (started, start) = oneshot::channel();
        let (ended, exit) = watch::channel(None);
        let keeper = keeper::Keeper {
            log: Arc::clone(&log),
            dispatch: dispatcher::get_default(Dispatch::clone),
            target: Arc::clone(&target),
            started,
            ended,
        };
        thread::Builder::new()
            .name("llama-keeper".to_owned())
            .spawn(move || keeper.keep(launch))
            .map_err(|error| StartErrorKind::system("start a thread for llama-server", error))?;
        let id = start.await.expect("the keeper always answers")?;
        Ok(Self {
            id,
            target,
            log,
            exit,
        })
    }

    /// The server's process id.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// What the server writes.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    /// How the server ended, if it has. By then the log is complete, the process reaped and its
    /// folder removed.
    pub(crate) fn exit(&self) -> Option<Exit> {
        *self.exit.borrow()
    }

    /// Waits for the end.
    pub(crate) async fn ended(&self) -> Exit {
        let mut exit = self.exit.clone();
        let ended = exit.wait_for(Option::is_some).await;
        let known = ended.ok().and_then(|exit| *exit);
        known.unwrap_or(Exit {
            status: None,
            at: Instant::now(),
        })
    }

    /// Kills the server without waiting.
    pub(crate) fn kill(&self) {
        self.target.kill();
    }

    /// Asks the server to end, kills it after `grace`, and waits until it is gone.
    pub(crate) async fn stop(&self, grace: Duration) -> Exit {
        if !grace.is_zero() {
            self.target.terminate();
            if let Ok(exit) = tokio::time::timeout(grace, self.ended()).await {
                return exit;
            }
        }
        self.target.kill();
        self.ended().await
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.target.kill();
    }
}

impl Target {
    fn ids(&self) -> MutexGuard<'_, Option<Ids>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the whole group to end: the program that was started may only be a wrapper around the
    /// server.
    fn terminate(&self) {
        if let Some(ids) = *self.ids() {
            // Fails only when all have ended, which is what was asked for.
            let _ = kill_process_group(ids.group, Signal::TERM);
        }
    }

    /// Kills the server, and leaves the watcher to clear up should this process end before the
    /// keeper has.
    fn kill(&self) {
        if let Some(ids) = *self.ids() {
            let _ = kill_process(ids.server, Signal::KILL);
        }
    }
}
