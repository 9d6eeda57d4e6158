//! Connections: accepting them, their limits, and their end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;

use super::config::ServerConfig;
use super::router;
use crate::Service;

/// Headers of a request; one with more is answered with 431.
const MOST_HEADERS: usize = 100;

/// Bytes of a request's headers, likewise.
const HEADER_BYTES: usize = 64 << 10;

/// How long a system that has no more descriptors is left alone.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long closed answers have to say so.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Serves until `stop` completes, over HTTP/1.1.
///
/// Then no connection is accepted any more, and answers that run may go on for
/// [`Limits::drain`](super::Limits::drain). Those that do not end by then end with an error event,
/// because the service is closed. It is closed in the end in any case. Dropping the future closes
/// all connections at once and leaves the service open.
///
/// # Errors
/// The listener's address is one that [`Access`](super::Access) does not allow, or cannot be told.
/// An error of a connection is that connection's own.
pub async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    config: ServerConfig,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    if !config.access.allows_address(address.ip()) {
        let message = format!("{address} can be reached from other machines: ask for a key");
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    let drain = config.limits.drain;
    let mut connections = Connections::new(Arc::clone(&service), config);
    tokio::select! {
        () = connections.accept(&listener) => {}
        () = stop => {}
    }
    drop(listener);
    connections.end(&service, drain).await;
    Ok(())
}

struct Connections {
    router: Router,
    http: http1::Builder,
    stall: Duration,
    places: Arc<Semaphore>,
    graceful: GracefulShutdown,
    tasks: JoinSet<()>,
}

impl Connections {
    fn new(service: Arc<Service>, config: ServerConfig) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(config.limits.header_time)
            .max_headers(MOST_HEADERS)
            .max_header_size(HEADER_BYTES);
        Self {
            stall: config.limits.stall,
            places: Arc::new(Semaphore::new(config.limits.connections)),
            router: router(service, config),
            http,
            graceful: GracefulShutdown::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Serves every connection in a task of its own, for ever.
    async fn accept(&mut self, listener: &TcpListener) {
        loop {
            let place = Arc::clone(&self.places).acquire_owned().await;
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let connection = self.connection(stream, peer);
                    self.tasks.spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
            while self.tasks.try_join_next().is_some() {}
        }
    }

    fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> impl Future<Output = ()> + Send + use<> {
        let router = TowerToHyperService::new(self.router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.call(request)
        });
        let watcher: Watcher = self.graceful.watcher();
        let http = self.http.clone();
        // Tokens are small and are to leave at once.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.stall));
        async move {
            let connection = http.serve_connection(TokioIo::new(Box::pin(stream)), service);
            if let Err(error) = watcher.watch(connection).await {
                tracing::debug!(%error, "a connection broke off");
            }
        }
    }

    async fn end(self, service: &Service, drain: Duration) {
        let Self {
            graceful,
            mut tasks,
            router,
            ..
        } = self;
        drop(router);
        let drained = timeout(drain, graceful.shutdown()).await.is_ok();
        if let Err(error) = service.close().await {
            tracing::warn!(%error, "a model did not close well");
        }
        if !drained {
            let ended = async { while tasks.join_next().await.is_some() {} };
            let _ = timeout(LAST_WORDS, ended).await;
        }
        tasks.shutdown().await;
    }
}
