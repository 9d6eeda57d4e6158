//! One run of a llama-server, from ready until gone.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::argv::argv;
use crate::binary::Search;
use crate::config::LlamaConfig;
use crate::diagnosis::diagnose;
use crate::environment::environment;
use crate::exit::Exit;
use crate::patience::Patience;
use crate::probe::{Health, Probe, ServerProps};
use crate::process::{Launch, ServerProcess};
use crate::progress::{StartPhase, StartProgress};
use crate::socket::SocketFolder;
use crate::start_error::{StartError, StartErrorKind};

/// How many of the last lines an error carries.
const LAST_LINES: usize = 20;

/// How long a stop waits for running requests to be dropped, which takes their readers no time.
const LEAVE: Duration = Duration::from_millis(100);

/// A llama-server that has loaded its model: where it listens, and with which key.
///
/// Dropping the last reference kills the server.
#[derive(Debug)]
pub struct Instance {
    process: ServerProcess,
    probe: Probe,
    socket: PathBuf,
    key: SecretString,
    alias: String,
    props: ServerProps,
    closing: CancellationToken,
    users: TaskTracker,
}

impl Instance {
    /// Starts a server and waits until it is ready, or until `stop` is cancelled.
    ///
    /// After an error nothing is left of the server; dropping the future kills it without waiting.
    pub(crate) async fn start(
        config: &LlamaConfig,
        stop: &CancellationToken,
        report: impl Fn(StartProgress) + Send + Sync,
    ) -> Result<Self, StartError> {
        let binary = Search::from_env(config.binary.as_deref()).find()?;
        let folder = SocketFolder::create()
            .map_err(|error| StartErrorKind::system("create a folder for a socket", error))?;
        let socket = folder.socket().to_owned();
        let key = random_key()?;
        let launch = Launch {
            binary,
            argv: argv(config, &socket).map_err(StartErrorKind::from)?,
            environment: environment(env::vars_os(), &key),
            folder,
        };
        let process = ServerProcess::spawn(launch).await?;
        let probe = Probe::new(&socket, key.clone());
        let start = Start {
            config,
            process: &process,
            probe: &probe,
            stop,
            report: &report,
        };
        match start.until_ready().await {
            Ok(props) => Ok(Self {
                process,
                probe,
                socket,
                key,
                alias: config.alias(),
                props,
                closing: CancellationToken::new(),
                users: TaskTracker::new(),
            }),
            Err(kind) => {
                process.stop(Duration::ZERO).await;
                Err(StartError::new(kind, process.log().last(LAST_LINES)))
            }
        }
    }

    /// The UNIX socket on which it speaks HTTP.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The key that every request must bear.
    pub fn api_key(&self) -> &SecretString {
        &self.key
    }

    /// What it calls its model.
    pub fn alias(&self) -> &str {
        &self.alias
    }

    /// What it tells of itself and its model.
    pub fn props(&self) -> &ServerProps {
        &self.props
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        self.process.exit()
    }

    /// Waits for its end.
    pub async fn ended(&self) -> Exit {
        self.process.ended().await
    }

    /// The last lines it wrote, oldest first.
    pub fn last_lines(&self) -> Vec<String> {
        self.process.log().last(LAST_LINES)
    }

    /// Cancelled when a stop begins. Whoever has a request running drops it then: a server that
    /// is asked to stop waits for its clients.
    pub fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    /// Those who have a request running.
    pub(crate) fn users(&self) -> &TaskTracker {
        &self.users
    }

    /// Whether it does not even answer a question about its health.
    pub(crate) async fn is_frozen(&self) -> bool {
        self.exit().is_none() && self.probe.health().await == Health::Silent
    }

    /// Kills it without waiting.
    pub(crate) fn kill(&self) {
        self.process.kill();
    }

    /// Stops it: its users first, as long as they are quick.
    pub(crate) async fn stop(&self, grace: Duration) -> Exit {
        self.closing.cancel();
        self.users.close();
        let users = tokio::time::timeout(LEAVE.min(grace), self.users.wait());
        // Whoever does not read does not leave; the server sees that at its next ping.
        let _ = users.await;
        self.process.stop(grace).await
    }
}

struct Start<'a, R> {
    config: &'a LlamaConfig,
    process: &'a ServerProcess,
    probe: &'a Probe,
    stop: &'a CancellationToken,
    report: &'a R,
}

impl<R: Fn(StartProgress)> Start<'_, R> {
    /// Waits until the server serves the model, ends, or does not move any more.
    async fn until_ready(&self) -> Result<ServerProps, StartErrorKind> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(StartErrorKind::Stopped),
            exit = self.process.ended() => {
                let lines = self.process.log().last(usize::MAX);
                Err(diagnose(&lines, &self.config.model, exit))
            }
            props = self.poll() => props,
        }
    }

    async fn poll(&self) -> Result<ServerProps, StartErrorKind> {
        let start = Instant::now();
        let mut patience = Patience::new(self.config.start_patience, start);
        let mut reported = None;
        loop {
            let phase = match self.probe.health().await {
                Health::Silent => StartPhase::Launching,
                Health::Loading => StartPhase::Loading,
                Health::Ready => {
                    let props = self.probe.props().await?;
                    props.check(&self.config.model)?;
                    self.report(StartPhase::Ready, start);
                    return Ok(props);
                }
                Health::Odd(answer) => {
                    let request = "/health";
                    return Err(StartErrorKind::NotLlamaServer { request, answer });
                }
            };
            let written = self.process.log().written();
            if !patience.observe(phase, written, Instant::now()) {
                return Err(StartErrorKind::Stalled {
                    patience: self.config.start_patience,
                    phase: patience.phase(),
                });
            }
            let now = Some((patience.phase(), written));
            if reported != now {
                reported = now;
                self.report(patience.phase(), start);
            }
            tokio::time::sleep(interval(start.elapsed())).await;
        }
    }

    fn report(&self, phase: StartPhase, start: Instant) {
        (self.report)(StartProgress {
            phase,
            last_line: self.process.log().last(1).pop(),
            elapsed: start.elapsed(),
        });
    }
}

/// A small model is ready in a quarter of a second, a large one in minutes.
fn interval(elapsed: Duration) -> Duration {
    if elapsed < Duration::from_secs(1) {
        Duration::from_millis(25)
    } else {
        Duration::from_millis(100)
    }
}

fn random_key() -> Result<SecretString, StartErrorKind> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| StartErrorKind::system("make a random key", io::Error::other(error)))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)).into())
}
