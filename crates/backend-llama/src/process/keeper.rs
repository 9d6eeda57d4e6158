//! The thread that starts a server, waits for its end and clears up after it.

use std::io::{self, PipeReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::sync::{oneshot, watch};
use tracing::dispatcher::{self, Dispatch};

use super::{Ids, Launch, Target};
use crate::exit::Exit;
use crate::log::{Log, Severity, parse};
use crate::parent_death;
use crate::start_error::StartErrorKind;
use crate::watcher::Watcher;

/// How long the last lines may take to arrive once the server has ended: they wait in the pipe
/// already, but a grandchild that left the group could hold it open.
const LAST_LINES: Duration = Duration::from_secs(1);

pub(super) struct Keeper {
    pub(super) log: Arc<Log>,
    /// Where the server's output is forwarded to.
    pub(super) dispatch: Dispatch,
    pub(super) target: Arc<Target>,
    pub(super) started: oneshot::Sender<Result<u32, StartErrorKind>>,
    pub(super) ended: watch::Sender<Option<Exit>>,
}

/// What the keeper holds while the server runs.
struct Running {
    watcher: Watcher,
    server: Child,
    log_ended: Receiver<()>,
}

impl Keeper {
    pub(super) fn keep(self, launch: Launch) {
        let mut running = match self.start(&launch) {
            Ok(running) => running,
            Err(error) => {
                drop(launch);
                // Whoever asked may have lost interest.
                let _ = self.started.send(Err(error));
                return;
            }
        };
        if self.started.send(Ok(running.server.id())).is_err() {
            self.target.kill();
        }

        running.wait_for_end();
        let at = Instant::now();
        // From here on the ids are no longer theirs for sure.
        *self.target.ids() = None;
        let status = running.server.wait().ok();
        // The watcher goes last: until then it would clear up in our place.
        drop(launch);
        running.kill_group();
        let _ = running.log_ended.recv_timeout(LAST_LINES);
        self.ended.send_replace(Some(Exit { status, at }));
    }

    /// Starts the watcher, then the server in its group. A failure leaves nothing behind.
    fn start(&self, launch: &Launch) -> Result<Running, StartErrorKind> {
        let failed = |attempt: &'static str| move |error| StartErrorKind::system(attempt, error);
        let (output, input) = io::pipe().map_err(failed("open a pipe for llama-server"))?;
        let log_ended = self
            .read_log(output)
            .map_err(failed("start a thread for llama-server's output"))?;
        let mut watcher =
            Watcher::spawn(launch.folder.path()).map_err(failed("start the watcher /bin/sh"))?;
        let group = Pid::from_child(&watcher.process);
        match spawn(launch, group, input) {
            Ok(server) => {
                *self.target.ids() = Some(Ids {
                    server: Pid::from_child(&server),
                    group,
                });
                Ok(Running {
                    watcher,
                    server,
                    log_ended,
                })
            }
            Err(error) => {
                drop(watcher.lifeline);
                let _ = watcher.process.wait();
                let attempt = format!("run {}", launch.binary.display());
                Err(StartErrorKind::system(attempt, error))
            }
        }
    }

    /// Keeps and forwards what the server writes; the receiver is told of its end.
    fn read_log(&self, output: PipeReader) -> io::Result<Receiver<()>> {
        let (done, ended) = mpsc::channel();
        let log = Arc::clone(&self.log);
        let dispatch = self.dispatch.clone();
        thread::Builder::new()
            .name("llama-log".to_owned())
            .spawn(move || {
                dispatcher::with_default(&dispatch, || log.read_from(output, forward));
                let _ = done.send(());
            })?;
        Ok(ended)
    }
}

impl Running {
    /// Waits until the server has ended, without reaping it: that would free an id to which a
    /// signal may just be on its way.
    fn wait_for_end(&mut self) {
        let server = Pid::from_child(&self.server);
        let watcher = Pid::from_child(&self.watcher.process);
        while !has_ended(server) {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let waited = waitid(WaitId::Pgid(Some(watcher)), options);
            let interrupted = matches!(waited, Err(rustix::io::Errno::INTR));
            // Without its watcher the server could outlive us. No other failure is known, and
            // none would tell us of the end.
            if has_ended(watcher) || (waited.is_err() && !interrupted) {
                let _ = self.server.kill();
                return;
            }
        }
    }

    /// Ends whatever is left in the group, the watcher too.
    fn kill_group(&mut self) {
        // The group is still this one: the watcher, its leader, has not been reaped.
        let _ = kill_process_group(Pid::from_child(&self.watcher.process), Signal::KILL);
        let _ = self.watcher.process.wait();
    }
}

fn has_ended(process: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    !matches!(waitid(WaitId::Pid(process), options), Ok(None))
}

fn spawn(launch: &Launch, group: Pid, output: io::PipeWriter) -> io::Result<Child> {
    let mut command = Command::new(&launch.binary);
    command
        .args(&launch.argv)
        .env_clear()
        .envs(launch.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .process_group(group.as_raw_nonzero().get());
    parent_death::kill_with_this_thread(&mut command);
    command.spawn()
}

fn forward(line: &str) {
    match parse(line) {
        (Severity::Error, message) => tracing::error!(target: "llama_server", "{message}"),
        (Severity::Warning, message) => tracing::warn!(target: "llama_server", "{message}"),
        (Severity::Other, message) => tracing::debug!(target: "llama_server", "{message}"),
    }
}
