//! One connection: requests in, replies out, until either side ends it.

use std::io;

use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf,
};

use super::reply::Step;
use super::{Reply, Request, Shared, Stats};

/// Serves one connection to its end, however it comes.
pub(super) async fn serve<S: AsyncRead + AsyncWrite>(stream: S, shared: &Shared) {
    let _open = Counted::new(shared, |stats| &mut stats.open_connections);
    shared.count(|stats| stats.connections += 1);
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut buffer = Vec::new();
    while let Ok(Some(mut request)) = Request::read(&mut reader, &mut buffer).await {
        shared.count(|stats| stats.requests += 1);
        request.stats = shared.stats();
        let reply = (shared.handler)(&request);
        let last = reply.closes() || request.header("connection") == Some("close");
        shared.record(request);
        let whole = {
            let _open = Counted::new(shared, |stats| &mut stats.open_replies);
            tokio::select! {
                written = write(&mut writer, &reply, shared) => written.unwrap_or(false),
                () = disconnected(&mut reader, &mut buffer) => false,
            }
        };
        if !whole || last {
            break;
        }
    }
    let _ = writer.shutdown().await;
}

/// Writes a reply; false where it was cut.
async fn write<S: AsyncWrite>(
    writer: &mut WriteHalf<S>,
    reply: &Reply,
    shared: &Shared,
) -> io::Result<bool> {
    tokio::time::sleep(reply.delay()).await;
    writer.write_all(&reply.head()).await?;
    for step in &reply.steps {
        match step {
            Step::Send(bytes) => {
                writer.write_all(&reply.framed(bytes)).await?;
                shared.count(|stats| stats.pieces += 1);
            }
            Step::Repeat {
                block,
                pieces,
                times,
            } => {
                for _ in 0..*times {
                    writer.write_all(block).await?;
                    shared.count(|stats| stats.pieces += pieces);
                }
            }
            Step::Pause(time) => tokio::time::sleep(*time).await,
            Step::Stall => std::future::pending().await,
            Step::Cut => return Ok(false),
        }
    }
    writer.write_all(reply.end()).await?;
    Ok(true)
}

/// Completes when the client ends the connection. What it sends before that is kept.
async fn disconnected<S: AsyncRead>(reader: &mut ReadHalf<S>, buffer: &mut Vec<u8>) {
    while !matches!(reader.read_buf(buffer).await, Ok(0) | Err(_)) {}
}

/// Counts something that is open, for as long as this lives.
struct Counted<'a> {
    shared: &'a Shared,
    field: fn(&mut Stats) -> &mut u64,
}

impl<'a> Counted<'a> {
    fn new(shared: &'a Shared, field: fn(&mut Stats) -> &mut u64) -> Self {
        shared.count(|stats| *field(stats) += 1);
        Self { shared, field }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.shared.count(|stats| *(self.field)(stats) -= 1);
    }
}
