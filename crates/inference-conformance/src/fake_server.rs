//! A fake OpenAI-compatible server that misbehaves on purpose, byte by byte.
//!
//! It stands for what a real server cannot be made to do: a stream cut at a byte, a stall, half
//! a character, a million tokens as fast as the socket takes them. A handler gives a [`Reply`]
//! for each [`Request`]; nothing is generated, unless a [`ScriptedModel`](crate::ScriptedModel) is
//! [`scripted`] behind it.
//!
//! ```
//! use inference_conformance::fake_server::{FakeServer, Reply, events};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
//! let server = FakeServer::tcp(|_| Reply::sse(events::chat(["Hi", " there"])).cut_at(300))?;
//! let address = server.url();         // give it to the client under test
//! assert_eq!(server.stats().requests, 0);
//! # drop(address); Ok(()) }
//! ```

use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

mod connection;
pub mod events;
mod reply;
mod request;
mod routes;
mod scripted;
mod stats;
mod subject;

pub use reply::{Framing, Reply};
pub use request::Request;
pub use routes::by_path;
pub use scripted::scripted;
pub use stats::Stats;
pub use subject::HttpSubject;

/// How many requests are remembered; the first ones are.
const MAX_RECORDED: usize = 10_000;

/// A server that runs as a task of the current tokio runtime until it is dropped.
///
/// Dropping it closes all connections and removes its socket file. The constructors panic outside
/// of a runtime with I/O and time enabled.
pub struct FakeServer {
    address: Address,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

enum Address {
    Tcp(u16),
    Unix(PathBuf),
}

/// What the connections of one server share.
struct Shared {
    handler: Box<dyn Fn(&Request) -> Reply + Send + Sync>,
    stats: watch::Sender<Stats>,
    requests: Mutex<Vec<Request>>,
}

impl FakeServer {
    /// Serves on a free port of the loopback interface.
    ///
    /// # Errors
    /// Those of binding.
    pub fn tcp(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> io::Result<Self> {
        Self::tcp_at(0, handler)
    }

    /// Serves on a port of the loopback interface; 0 is any free one.
    ///
    /// # Errors
    /// Those of binding.
    pub fn tcp_at(
        port: u16,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let address = Address::Tcp(listener.local_addr()?.port());
        Ok(Self::start(address, listener, handler))
    }

    /// Serves on a UNIX socket, whose file must not exist yet.
    ///
    /// # Errors
    /// Those of binding.
    #[cfg(unix)]
    pub fn unix(
        path: impl Into<PathBuf>,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let path = path.into();
        let listener = tokio::net::UnixListener::bind(&path)?;
        Ok(Self::start(Address::Unix(path), listener, handler))
    }

    fn start(
        address: Address,
        listener: impl Listener,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            handler: Box::new(handler),
            stats: watch::Sender::new(Stats::default()),
            requests: Mutex::default(),
        });
        let task = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                let mut connections = JoinSet::new();
                loop {
                    if let Ok(stream) = listener.connection().await {
                        let shared = Arc::clone(&shared);
                        connections.spawn(async move { connection::serve(stream, &shared).await });
                    }
                    while connections.try_join_next().is_some() {}
                }
            }
        });
        Self {
            address,
            shared,
            task,
        }
    }

    /// The base URL, without a slash at its end. On a UNIX socket the host means nothing.
    pub fn url(&self) -> String {
        match &self.address {
            Address::Tcp(port) => format!("http://127.0.0.1:{port}"),
            Address::Unix(_) => "http://localhost".to_owned(),
        }
    }

    /// The UNIX socket it serves on, if it does.
    pub fn socket(&self) -> Option<&Path> {
        match &self.address {
            Address::Tcp(_) => None,
            Address::Unix(path) => Some(path),
        }
    }

    /// The counters as they are now.
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// Waits until the counters are as wanted.
    pub async fn wait_until(&self, mut wanted: impl FnMut(&Stats) -> bool) -> Stats {
        let mut stats = self.shared.stats.subscribe();
        let reached = stats.wait_for(|stats| wanted(stats)).await;
        reached.map_or_else(|_| self.stats(), |stats| *stats)
    }

    /// The requests so far, the first 10,000 of them.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.recorded().clone()
    }
}

/// What connections come from.
trait Listener: Send + 'static {
    fn connection(
        &self,
    ) -> impl Future<Output = io::Result<impl AsyncRead + AsyncWrite + Send + 'static>> + Send;
}

impl Listener for TcpListener {
    async fn connection(&self) -> io::Result<impl AsyncRead + AsyncWrite + Send + 'static> {
        let (stream, _) = self.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

#[cfg(unix)]
impl Listener for tokio::net::UnixListener {
    async fn connection(&self) -> io::Result<impl AsyncRead + AsyncWrite + Send + 'static> {
        Ok(self.accept().await?.0)
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.task.abort();
        if let Address::Unix(path) = &self.address {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Shared {
    fn count(&self, change: impl FnOnce(&mut Stats)) {
        self.stats.send_modify(change);
    }

    fn stats(&self) -> Stats {
        *self.stats.borrow()
    }

    fn record(&self, request: Request) {
        let mut requests = self.recorded();
        if requests.len() < MAX_RECORDED {
            requests.push(request);
        }
    }

    fn recorded(&self) -> std::sync::MutexGuard<'_, Vec<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for FakeServer {
    /// The address: a URL, or the path of the socket.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp(_) => f.write_str(&self.url()),
            Address::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

impl fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FakeServer({self})")
    }
}

/// A handler that gives one reply after the other, the last one for ever.
///
/// # Panics
/// If there are none.
pub fn in_turn(
    replies: impl IntoIterator<Item = Reply>,
) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    let replies: Vec<Reply> = replies.into_iter().collect();
    assert!(!replies.is_empty(), "there must be a reply");
    let next = AtomicUsize::new(0);
    move |_| {
        let index = next.fetch_add(1, Ordering::Relaxed);
        replies[index.min(replies.len() - 1)].clone()
    }
}
