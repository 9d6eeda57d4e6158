//! Who asks, as far as clients can be told apart. They take turns at a busy model.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    /// Whoever has this one of the server's keys, by its place among them.
    Key(usize),
    /// Whoever asks from this address.
    Peer(IpAddr),
    /// Somebody, in an application that does not say where its connections come from.
    Somebody,
}

impl Client {
    /// The client of a request that came without a key.
    pub(super) fn without_key(request: &Request) -> Self {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        peer.map_or(Self::Somebody, |ConnectInfo(peer)| {
            Self::Peer(peer.ip().to_canonical())
        })
    }
}

/// A name that no other client has.
impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(index) => write!(f, "key {index}"),
            Self::Peer(address) => address.fmt(f),
            Self::Somebody => f.write_str("somebody"),
        }
    }
}
