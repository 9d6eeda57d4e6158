//! What can be decided about a server.

use std::time::Duration;

use super::access::Access;
use super::origin::Origins;

/// How a server behaves. The default is for programs of this machine alone.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Who may ask; by default programs of this machine, without a key.
    pub access: Access,
    /// Which pages of other origins may ask from a browser; by default none.
    pub origins: Origins,
    /// Names that this server goes by, besides IP addresses and `localhost`: what `Host` may say.
    /// They count while no key is asked for, and keep pages away that rebind their own name to
    /// this machine.
    pub hosts: Vec<String>,
    /// The model of requests that name none; unset is the service's default.
    pub default_model: Option<String>,
    /// How much is taken and given.
    pub limits: Limits,
}

/// How much a server takes and gives. What is beyond a limit is refused, never cut.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most tokens that a request may ask for, and what requests get that do not say; unset is
    /// up to the context's end.
    pub max_tokens: Option<u32>,
    /// Messages of a conversation; by default 4096.
    pub messages: usize,
    /// Answers to one request (`n`); by default 16.
    pub answers: u32,
    /// Bytes of a request's body; by default 16 MiB.
    pub body_bytes: usize,
    /// How long a body may take to arrive; by default 30 s.
    pub body_time: Duration,
    /// How long the headers of a request may take, and how long a connection may idle between
    /// requests; by default 30 s.
    pub header_time: Duration,
    /// How long an answer may take, waiting for the model included; by default an hour.
    pub answer_time: Duration,
    /// How long a request waits for a model that is not loaded yet before it gets 503, while the
    /// load goes on; by default 20 s. It is less than the minute after which proxies give up, and
    /// long enough that clients which come back twice, as OpenAI's do, meet a model that takes a
    /// minute.
    pub load_patience: Duration,
    /// How long a client may take nothing of what is there for it to read, before its connection
    /// is closed and its answer cancelled; by default 60 s.
    pub stall: Duration,
    /// Connections at once; more wait to be accepted. By default 1024.
    pub connections: usize,
    /// Time between signs of life on a stream while the model says nothing; by default 10 s.
    pub ping: Duration,
    /// How long running answers may go on once the server is to stop; by default 30 s.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_tokens: None,
            messages: 4096,
            answers: 16,
            body_bytes: 16 << 20,
            body_time: Duration::from_secs(30),
            header_time: Duration::from_secs(30),
            answer_time: Duration::from_hours(1),
            load_patience: Duration::from_secs(20),
            stall: Duration::from_mins(1),
            connections: 1024,
            ping: Duration::from_secs(10),
            drain: Duration::from_secs(30),
        }
    }
}
