//! A loader whose loads the test lets succeed or fail, and the model that it loads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use inference_core::{
    Availability, Error, ErrorKind, Event, FinishReason, GenerateOptions, LoadOptions,
    LoadProgress, Metrics, ModelInfo, ModelLoader, ModelSource, OptionKind, Prompt, Registry,
    Summary, TextModel, Token, TokenStream, Usage,
};
use tokio::sync::{Semaphore, watch};

/// What the loads of one loader do, and what has become of them.
#[derive(Clone)]
pub(crate) struct Toy {
    name: &'static str,
    shared: Arc<Shared>,
}

struct Shared {
    /// Every load takes one before it ends.
    permits: Semaphore,
    failures: AtomicUsize,
    counts: watch::Sender<Counts>,
    loads: Mutex<Vec<(ModelSource, LoadOptions)>>,
    requests: Mutex<Vec<GenerateOptions>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) started: usize,
    pub(crate) aborted: usize,
    pub(crate) closed: usize,
}

impl Toy {
    /// Loads end at once.
    pub(crate) fn ready(name: &'static str) -> Self {
        let toy = Self::held(name);
        toy.release(1000);
        toy
    }

    /// Loads end when the test lets them.
    pub(crate) fn held(name: &'static str) -> Self {
        let shared = Shared {
            permits: Semaphore::new(0),
            failures: AtomicUsize::new(0),
            counts: watch::Sender::default(),
            loads: Mutex::default(),
            requests: Mutex::default(),
        };
        Self {
            name,
            shared: Arc::new(shared),
        }
    }

    pub(crate) fn registry(&self) -> Registry {
        Registry::new().with(self.clone())
    }

    /// Lets this many loads end.
    pub(crate) fn release(&self, loads: usize) {
        self.shared.permits.add_permits(loads);
    }

    /// Lets the next loads fail.
    pub(crate) fn fail(&self, loads: usize) {
        self.shared.failures.store(loads, Ordering::SeqCst);
    }

    pub(crate) fn counts(&self) -> Counts {
        *self.shared.counts.borrow()
    }

    /// Waits until the counts are as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&Counts) -> bool) {
        let mut counts = self.shared.counts.subscribe();
        let reached = counts.wait_for(wanted);
        let limit = std::time::Duration::from_mins(1);
        tokio::time::timeout(limit, reached).await.unwrap().unwrap();
    }

    pub(crate) fn loads(&self) -> Vec<(ModelSource, LoadOptions)> {
        self.shared.loads.lock().unwrap().clone()
    }

    /// The options of the last request.
    pub(crate) fn asked(&self) -> GenerateOptions {
        self.shared.requests.lock().unwrap().last().unwrap().clone()
    }

    /// A model that is loaded already.
    pub(crate) fn model(&self, name: &str) -> Arc<dyn TextModel> {
        Arc::new(ToyModel {
            info: ModelInfo::new(self.name, name),
            shared: Arc::clone(&self.shared),
        })
    }
}

impl Shared {
    fn count(&self, change: impl Fn(&mut Counts)) {
        self.counts.send_modify(change);
    }
}

impl ModelLoader for Toy {
    fn name(&self) -> &str {
        self.name
    }

    fn availability(&self) -> Availability {
        Availability::Available
    }

    fn accepts(&self, source: &ModelSource) -> bool {
        matches!(source, ModelSource::Path(_)) != (self.name == "http")
    }

    fn load(
        &self,
        source: ModelSource,
        options: LoadOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TextModel>, Error>> {
        let toy = self.clone();
        Box::pin(async move {
            let shared = Arc::clone(&toy.shared);
            let mut guard = AbortGuard(Some(Arc::clone(&shared)));
            options.report(LoadProgress::new("reading"));
            let name = source.to_string();
            shared.loads.lock().unwrap().push((source, options));
            shared.count(|counts| counts.started += 1);
            shared.permits.acquire().await.unwrap().forget();
            guard.0 = None;
            let fails = |left: usize| left.checked_sub(1);
            let failures = &shared.failures;
            let failing = failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails);
            if failing.is_ok() {
                return Err(Error::new(ErrorKind::InvalidModel, "the toy is broken"));
            }
            Ok(toy.model(&name))
        })
    }
}

struct AbortGuard(Option<Arc<Shared>>);

impl Drop for AbortGuard {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            shared.count(|counts| counts.aborted += 1);
        }
    }
}

struct ToyModel {
    info: ModelInfo,
    shared: Arc<Shared>,
}

impl TextModel for ToyModel {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn supports(&self, _option: OptionKind) -> bool {
        true
    }

    /// Answers with its own name.
    fn generate(&self, _prompt: Prompt, options: GenerateOptions) -> TokenStream {
        self.shared.requests.lock().unwrap().push(options);
        let summary = Summary::new(FinishReason::Stop, Usage::new(1, 1), Metrics::default());
        let token = Token::new(self.info.name.clone());
        let events = [Event::Token(token), Event::Finished(summary)];
        TokenStream::new("toy", futures::stream::iter(events.map(Ok)))
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.shared.count(|counts| counts.closed += 1);
        Box::pin(async { Ok(()) })
    }
}
