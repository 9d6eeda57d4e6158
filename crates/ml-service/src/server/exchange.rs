//! One request from its arrival to the last byte of its answer: its id, and what the log says.

use std::hash::{BuildHasher as _, RandomState};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use inference_core::Usage;

use super::ask::AskKind;
use super::failure::Failure;
use super::metrics::{Ended, Metrics, Task, Work};
use super::state::ServerState;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request that is being answered. Clones mean the same one.
#[derive(Clone)]
pub(super) struct Exchange(Arc<Inner>);

struct Inner {
    id: String,
    method: Method,
    path: String,
    route: Option<MatchedPath>,
    started: Instant,
    metrics: Arc<Metrics>,
    task: OnceLock<Task>,
    first_token: OnceLock<Duration>,
    /// Tokens that came so far.
    tokens: AtomicU64,
    facts: Mutex<Facts>,
}

/// What becomes known of a request while it is answered. There is no prompt and no answer in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) model: Option<String>,
    pub(super) answers: usize,
    /// How long it waited for its turn at the model, and for the model's load.
    pub(super) queued: Option<Duration>,
    pub(super) usage: Usage,
    pub(super) error: Option<String>,
    last_token: Option<Duration>,
    status: Option<StatusCode>,
}

/// What the log and the metrics call it when the client goes before the answer's end.
const CLIENT_GONE: &str = "cancelled";

impl Exchange {
    fn begin(request: &Request, metrics: &Arc<Metrics>) -> Self {
        metrics.active().inc();
        Self(Arc::new(Inner {
            id: next_id(),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            route: request.extensions().get().cloned(),
            started: Instant::now(),
            metrics: Arc::clone(metrics),
            task: OnceLock::new(),
            first_token: OnceLock::new(),
            tokens: AtomicU64::new(0),
            facts: Mutex::default(),
        }))
    }

    /// Unique among all requests of all servers.
    pub(super) fn id(&self) -> &str {
        &self.0.id
    }

    pub(super) fn note(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.facts());
    }

    /// It asks a model of the service, which is served by this name.
    pub(super) fn asks(&self, kind: AskKind, model: String) {
        let task = || self.0.metrics.task(kind.operation(), model);
        self.0.task.get_or_init(task);
    }

    /// The model has said something.
    pub(super) fn note_tokens(&self, count: u64) {
        if count == 0 {
            return;
        }
        self.0.first_token.get_or_init(|| self.elapsed());
        self.0.tokens.fetch_add(count, Ordering::Relaxed);
        if let Some(task) = self.0.task.get() {
            task.generated.inc_by(count);
        }
    }

    /// All answers have ended well.
    pub(super) fn note_end(&self, usage: Usage) {
        let elapsed = self.elapsed();
        self.note(|facts| {
            facts.usage = usage;
            facts.last_token = Some(elapsed);
        });
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.0.started.elapsed()
    }

    /// The end, whole or not; nothing comes after it.
    fn end(&self, whole: bool) {
        let mut facts = self.facts().clone();
        if !whole {
            facts.error.get_or_insert_with(|| CLIENT_GONE.to_owned());
        }
        self.log(&facts, whole);
        self.measure(&facts);
    }

    fn log(&self, facts: &Facts, whole: bool) {
        let Inner {
            id, method, path, ..
        } = &*self.0;
        tracing::info!(
            target: "ml_service::access",
            %id,
            %method,
            %path,
            status = facts.status.map(|status| status.as_u16()),
            seconds = self.elapsed().as_secs_f64(),
            queued = facts.queued.map(|time| time.as_secs_f64()),
            first_token = self.0.first_token.get().map(Duration::as_secs_f64),
            model = facts.model,
            prompt_tokens = facts.usage.prompt_tokens,
            completion_tokens = facts.usage.generated_tokens,
            error = facts.error,
            "{}", if whole { "answered" } else { "client gone" }
        );
    }

    fn measure(&self, facts: &Facts) {
        let inner = &*self.0;
        inner.metrics.active().dec();
        let work = inner.task.get().map(|task| Work {
            task,
            queued: facts.queued,
            first_token: inner.first_token.get().copied(),
            last_token: facts.last_token,
            answers: facts.answers,
            counted: inner.tokens.load(Ordering::Relaxed),
            usage: &facts.usage,
        });
        inner.metrics.record(&Ended {
            method: &inner.method,
            route: inner.route.as_ref().map_or("", MatchedPath::as_str),
            status: facts.status,
            elapsed: self.elapsed(),
            error: facts.error.as_deref(),
            work,
        });
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The outermost layer: everything about a request happens inside of it.
pub(super) async fn observe(
    State(state): State<Arc<ServerState>>,
    mut request: Request,
    next: Next,
) -> Response {
    let exchange = Exchange::begin(&request, state.metrics());
    let mut ending = Ending {
        exchange: exchange.clone(),
        whole: false,
    };
    request.extensions_mut().insert(exchange.clone());
    let mut response = next.run(request).await;
    if let Ok(id) = HeaderValue::from_str(exchange.id()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let failure = response.extensions_mut().remove::<Failure>();
    exchange.note(|facts| {
        facts.status = Some(response.status());
        if let Some(failure) = failure {
            facts.error = Some(failure.code().to_owned());
        }
    });
    ending.whole = response.body().is_end_stream();
    response.map(|inner| Body::new(Observed { inner, ending }))
}

/// Ends the exchange when it is dropped, which is when the answer was sent or nobody waits for it.
struct Ending {
    exchange: Exchange,
    whole: bool,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.exchange.end(self.whole);
    }
}

struct Observed {
    inner: Body,
    ending: Ending,
}

impl HttpBody for Observed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(context);
        if matches!(frame, Poll::Ready(None)) || self.inner.is_end_stream() {
            self.ending.whole = true;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A number that this process drew, then a count.
fn next_id() -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{:016x}{count:08x}", *PROCESS)
}
