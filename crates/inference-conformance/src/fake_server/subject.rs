//! A client of the fake server as a subject.

use std::fmt;
use std::io;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};
use inference_core::{Prompt, TextModel};

use super::{FakeServer, Reply, Request, scripted};
use crate::{Activity, Fault, Provoked, Scenario, ScriptedSubject, Subject};

/// An HTTP client under test, connected to a [`FakeServer`] that has a script for every scenario
/// and commits every fault but a crash.
pub struct HttpSubject {
    server: FakeServer,
    connect: Connect,
    model: Arc<dyn TextModel>,
    good: ScriptedSubject,
}

/// Makes a model of a base URL.
type Connect = Box<dyn Fn(&str) -> Arc<dyn TextModel> + Send + Sync>;

impl HttpSubject {
    /// Starts the server and connects to it. `connect` makes a model of a base URL without a
    /// slash at its end; its idle time-out should be short, since a check waits for it.
    ///
    /// # Errors
    /// Those of binding.
    pub fn new(
        connect: impl Fn(&str) -> Arc<dyn TextModel> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let answer = scripted(ScriptedSubject::scripted());
        let server = FakeServer::tcp(move |request| reply(request, &answer))?;
        let model = connect(&server.url());
        Ok(Self {
            server,
            connect: Box::new(connect),
            model,
            good: ScriptedSubject::new(),
        })
    }

    /// The server.
    pub fn server(&self) -> &FakeServer {
        &self.server
    }
}

/// The answer, with the fault that the path names.
fn reply(request: &Request, answer: &impl Fn(&Request) -> Reply) -> Reply {
    let body = request.json();
    let asked = body["messages"].as_array().and_then(|all| all.last());
    if asked.is_some_and(|message| message["content"] == "Be endless.") {
        return Reply::flood(1_000_000);
    }
    let answer = answer(request);
    let middle = answer.body_len() / 2;
    let fault = request.path.split('/').nth(1);
    match fault {
        Some("cut") => answer.cut_at(middle),
        Some("stall") => answer.stall_at(middle),
        Some("limit") => Reply::error(429, "slow down").header("Retry-After", "0"),
        // A long answer is still in work when it is dropped.
        _ if body["max_tokens"].as_u64() > Some(1000) => answer.stall_at(middle),
        _ => answer,
    }
}

impl Subject for HttpSubject {
    fn model(&self) -> Arc<dyn TextModel> {
        Arc::clone(&self.model)
    }

    fn prompt(&self, scenario: Scenario) -> Option<Prompt> {
        self.good.prompt(scenario)
    }

    fn disposable(&self) -> BoxFuture<'_, Option<Arc<dyn TextModel>>> {
        let model = (self.connect)(&self.server.url());
        async { Some(model) }.boxed()
    }

    fn provoke(&self, fault: Fault) -> BoxFuture<'_, Option<Provoked>> {
        let path = match fault {
            Fault::Cut => "cut",
            Fault::Stall => "stall",
            Fault::RateLimit => "limit",
            Fault::Crash => return async { None }.boxed(),
        };
        let model = (self.connect)(&format!("{}/{path}", self.server.url()));
        let prompt = self.good.prompt(Scenario::Long);
        async { Some(Provoked::new(model, prompt?)) }.boxed()
    }

    fn activity(&self) -> BoxFuture<'_, Option<Activity>> {
        let stats = self.server.stats();
        let activity = Activity::new(stats.open_replies)
            .with_requests(stats.requests)
            .with_tokens(stats.pieces);
        async move { Some(activity) }.boxed()
    }
}

impl fmt::Debug for HttpSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSubject")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}
