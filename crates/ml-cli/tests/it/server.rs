//! The fake server, in a runtime of its own.

use inference_conformance::fake_server::{FakeServer, Reply, Request, Stats, by_path, events};
use tokio::runtime::Runtime;

use crate::support::SOON;

/// A server that answers until it is dropped.
pub(crate) struct Server {
    runtime: Runtime,
    server: FakeServer,
}

impl Server {
    /// Chats and completions are answered as told, all else as by any server.
    pub(crate) fn new(reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let reply = move |request: &Request| {
            if request.path.ends_with("completions") {
                reply(request)
            } else {
                by_path(request)
            }
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let server = {
            let _inside = runtime.enter();
            FakeServer::tcp(reply).expect("a free port")
        };
        Self { runtime, server }
    }

    /// Every fault at its path.
    pub(crate) fn by_path() -> Self {
        Self::new(by_path)
    }

    /// Answers every chat with these tokens.
    pub(crate) fn saying(tokens: &'static [&'static str]) -> Self {
        Self::new(move |_| Reply::sse(events::chat(tokens)))
    }

    /// Sends these tokens and then nothing, with the connection open.
    pub(crate) fn stalling_after(tokens: &'static [&'static str]) -> Self {
        Self::new(move |_| stalling(tokens))
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// The URL of a fault.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.server.url())
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }

    /// The bodies of the chats and completions so far.
    pub(crate) fn chats(&self) -> Vec<serde_json::Value> {
        let chats = self
            .requests()
            .into_iter()
            .filter(|request| request.path.ends_with("completions"));
        chats.map(|request| request.json()).collect()
    }

    /// Waits until the counters are as wanted.
    #[track_caller]
    pub(crate) fn wait_until(&self, wanted: impl FnMut(&Stats) -> bool) {
        let reached = async { tokio::time::timeout(SOON, self.server.wait_until(wanted)).await };
        let reached = self.runtime.block_on(reached);
        assert!(
            reached.is_ok(),
            "the counters stay {:?}",
            self.server.stats()
        );
    }
}

/// A reply that sends tokens and then nothing.
pub(crate) fn stalling(tokens: &[&str]) -> Reply {
    let events = events::chat(tokens);
    let sent = &events[..=tokens.len()];
    let offset = Reply::sse(sent).body_len();
    Reply::sse(&events).stall_at(offset)
}
