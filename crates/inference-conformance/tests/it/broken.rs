//! Models that break one demand each, and keep all others.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use futures::channel::mpsc;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _};
use inference_conformance::{
    Activity, Check, Fault, Limits, Provoked, Scenario, Script, ScriptedModel, ScriptedSubject,
    Subject,
};
use inference_core::{
    BatchOptions, Error, ErrorKind, Event, FinishReason, GenerateOptions, Generation,
    GenerationError, ModelInfo, OptionKind, Prompt, TextModel, Token, TokenStream,
};

/// A scripted model that breaks the demand of one check.
struct Broken {
    bug: Check,
    inner: Arc<ScriptedModel>,
    closed: AtomicBool,
    counters: Arc<Counters>,
    last: Mutex<Option<(Prompt, GenerateOptions)>>,
}

#[derive(Default)]
struct Counters {
    /// Requests that were sent before they were polled.
    eager: AtomicU64,
    /// Requests that go on after their stream was dropped.
    leaked: AtomicU64,
    /// Tokens produced for nobody.
    ahead: AtomicU64,
}

type Events = BoxStream<'static, Result<Event, Error>>;

impl Broken {
    fn new(bug: Check) -> Self {
        Self {
            bug,
            inner: Arc::new(ScriptedSubject::scripted()),
            closed: AtomicBool::new(false),
            counters: Arc::default(),
            last: Mutex::default(),
        }
    }

    fn activity(&self) -> Activity {
        let real = self.inner.activity();
        let counted = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        let requests = match self.bug {
            Check::Lazy => counted(&self.counters.eager),
            _ => real.requests.unwrap_or(0),
        };
        let tokens = real.tokens.unwrap_or(0) + counted(&self.counters.ahead);
        Activity::new(real.generating + counted(&self.counters.leaked))
            .with_requests(requests)
            .with_tokens(tokens)
    }

    /// What the bug makes of a request before it is served.
    fn request(&self, prompt: Prompt, mut options: GenerateOptions) -> (Prompt, GenerateOptions) {
        let mut prompt = prompt;
        match self.bug {
            Check::OptionsRefused => options.min_p = options.min_p.filter(|p| *p < 0.0),
            Check::InvalidOptions => {
                options.temperature = options.temperature.filter(|t| !t.is_nan());
            }
            Check::StopStrings => {
                options.stop = options.stop.filter(|stops| stops.contains(&String::new()));
            }
            Check::SeedRepeats => options.seed = None,
            Check::ContextOverflow if last_message(&prompt).len() > 20_000 => prompt = short(),
            Check::EmptyPrompt if prompt == Prompt::Chat(Vec::new()) => prompt = short(),
            _ => {}
        }
        (prompt, options)
    }

    /// What the bug makes of an answer.
    fn answer(&self, events: TokenStream, prompt: &Prompt, options: &GenerateOptions) -> Events {
        let counters = Arc::clone(&self.counters);
        let long = last_message(prompt) == "Count.";
        match self.bug {
            Check::Finish if *options == GenerateOptions::default() => events
                .filter(|event| std::future::ready(!matches!(event, Ok(Event::Finished(_)))))
                .boxed(),
            Check::Utf8 => change_text(events, |text| text.replace('\u{e9}', "\u{fffd}")),
            Check::EmptyAnswer if last_message(prompt) == "Say nothing." => {
                failing(ErrorKind::Protocol, "an empty answer")
            }
            Check::DropCancels if long && options.max_tokens == Some(1024) => {
                counters.leaked.fetch_add(1, Ordering::SeqCst);
                events.boxed()
            }
            Check::CancelKeepsPartial if long => events
                .enumerate()
                .map(|(index, event)| {
                    if index == 1 {
                        thread::sleep(Duration::from_millis(400));
                    }
                    event
                })
                .boxed(),
            Check::SlowReader if last_message(prompt) == "Be endless." => unbounded(counters),
            Check::OptionsHonoured => change_token(events, |token| Token::new(token.text)),
            Check::StopStrings => match options.stop.clone() {
                Some(stops) => naive_stops(events, stops),
                None => events.boxed(),
            },
            Check::GreedyRepeats if self.is_repeated(prompt, options) => events.skip(1).boxed(),
            Check::MaxTokens => change_end(events, |summary| {
                summary.finish_reason = FinishReason::Stop;
            }),
            Check::Usage => change_end(events, |summary| {
                summary.metrics.total = Duration::from_hours(1);
            }),
            _ => events.boxed(),
        }
    }

    /// A prompt that was the last one as well, as a broken cache of prompts sees it.
    fn is_repeated(&self, prompt: &Prompt, options: &GenerateOptions) -> bool {
        let request = Some((prompt.clone(), options.clone()));
        let mut last = self.last.lock().expect("no panic while held");
        let same = *last == request && options.temperature == Some(0.0);
        *last = request;
        same
    }
}

impl TextModel for Broken {
    fn info(&self) -> &ModelInfo {
        self.inner.info()
    }

    fn supports(&self, option: OptionKind) -> bool {
        self.inner.supports(option)
    }

    fn generate(&self, prompt: Prompt, options: GenerateOptions) -> TokenStream {
        let backend = ScriptedModel::BACKEND;
        let (asked, passed) = self.request(prompt.clone(), options.clone());
        if self.closed.load(Ordering::SeqCst) {
            return match self.bug {
                Check::Close => ScriptedSubject::scripted().generate(asked, passed),
                _ => TokenStream::failed(backend, Error::closed(backend)),
            };
        }
        if passed.require(backend, |kind| self.supports(kind)).is_ok() {
            self.counters.eager.fetch_add(1, Ordering::SeqCst);
        }
        if self.bug == Check::NoCrossTalk {
            return TokenStream::new(backend, cross_talk(&self.inner, asked, passed));
        }
        let events = self.inner.generate(asked, passed);
        TokenStream::new(backend, self.answer(events, &prompt, &options))
    }

    fn batch_generate(
        &self,
        prompts: Vec<Prompt>,
        options: GenerateOptions,
        batch: BatchOptions,
    ) -> BoxStream<'static, (usize, Result<Generation, GenerationError>)> {
        if self.bug == Check::Batch {
            let last = prompts.len().saturating_sub(1);
            let answers = self.inner.batch_generate(prompts, options, batch);
            return answers
                .map(move |(index, answer)| (last - index, answer))
                .boxed();
        }
        let answers: Vec<_> = prompts
            .into_iter()
            .map(|prompt| self.generate(prompt, options.clone()))
            .collect();
        let most = batch
            .concurrency
            .unwrap_or(BatchOptions::DEFAULT_CONCURRENCY);
        stream::iter(answers.into_iter().enumerate())
            .map(|(index, answer)| answer.into_generation().map(move |answer| (index, answer)))
            .buffer_unordered(most.get())
            .boxed()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.closed.store(true, Ordering::SeqCst);
        if self.bug == Check::CloseEndsStreams {
            return async { Ok(()) }.boxed();
        }
        self.inner.close()
    }
}

fn last_message(prompt: &Prompt) -> &str {
    match prompt {
        Prompt::Text(text) => text,
        Prompt::Chat(messages) => messages.last().map_or("", |message| &message.content),
        _ => "",
    }
}

fn short() -> Prompt {
    Prompt::user("What is the capital of France?")
}

fn failing(kind: ErrorKind, message: &str) -> Events {
    let error = Error::new(kind, message);
    stream::once(async { Err(error) }).boxed()
}

fn change_token(events: TokenStream, change: fn(Token) -> Token) -> Events {
    let changed = events.map(move |event| match event {
        Ok(Event::Token(token)) => Ok(Event::Token(change(token))),
        other => other,
    });
    changed.boxed()
}

fn change_text(events: TokenStream, change: fn(&str) -> String) -> Events {
    let changed = events.map(move |event| match event {
        Ok(Event::Token(mut token)) => {
            token.text = change(&token.text);
            Ok(Event::Token(token))
        }
        other => other,
    });
    changed.boxed()
}

fn change_end(events: TokenStream, change: fn(&mut inference_core::Summary)) -> Events {
    let changed = events.map(move |event| match event {
        Ok(Event::Finished(mut summary)) => {
            change(&mut summary);
            Ok(Event::Finished(summary))
        }
        other => other,
    });
    changed.boxed()
}

/// Looks for stop strings in each token alone.
fn naive_stops(events: TokenStream, stops: Vec<String>) -> Events {
    let stopped = events.take_while(move |event| {
        let whole = |token: &Token| stops.iter().any(|stop| token.text.contains(stop));
        let hit = matches!(event, Ok(Event::Token(token)) if whole(token));
        std::future::ready(!hit)
    });
    let end = inference_core::Summary::new(
        FinishReason::Stop,
        inference_core::Usage::default(),
        inference_core::Metrics::default(),
    );
    stopped
        .chain(stream::once(async { Ok(Event::Finished(end)) }))
        .boxed()
}

/// Answers the first prompt to everybody, as long as somebody else is served.
fn cross_talk(inner: &Arc<ScriptedModel>, prompt: Prompt, options: GenerateOptions) -> Events {
    let inner = Arc::clone(inner);
    let answer = async move {
        let busy = inner.activity().generating > 0 && !last_message(&prompt).is_empty();
        inner.generate(if busy { short() } else { prompt }, options)
    };
    answer.flatten_stream().boxed()
}

/// A producer that does not wait for its reader.
fn unbounded(counters: Arc<Counters>) -> Events {
    let (sender, receiver) = mpsc::unbounded();
    thread::spawn(move || {
        for _ in 0..1_000_000 {
            if sender
                .unbounded_send(Ok(Event::Token(Token::new("on"))))
                .is_err()
            {
                break;
            }
            counters.ahead.fetch_add(1, Ordering::SeqCst);
        }
    });
    receiver.boxed()
}

/// The subject of a [`Broken`] model.
pub(crate) struct BrokenSubject {
    model: Arc<Broken>,
    good: ScriptedSubject,
}

impl BrokenSubject {
    pub(crate) fn new(bug: Check) -> Self {
        Self {
            model: Arc::new(Broken::new(bug)),
            good: ScriptedSubject::new(),
        }
    }

    /// What comes of a fault that this bug handles badly.
    fn mishandled(&self, fault: Fault) -> Option<Script> {
        let script = Script::new(["So", " far"]);
        match (self.model.bug, fault) {
            (Check::Cut, Fault::Cut) => Some(script),
            (Check::Stall, Fault::Stall) => Some(script.then_stall()),
            (Check::RateLimit, Fault::RateLimit) => {
                Some(script.then_fail(Error::new(ErrorKind::Backend, "status 429")))
            }
            (Check::Crash, Fault::Crash) => {
                Some(script.then_fail(Error::new(ErrorKind::Truncated, "connection closed")))
            }
            _ => None,
        }
    }
}

impl Subject for BrokenSubject {
    fn model(&self) -> Arc<dyn TextModel> {
        Arc::clone(&self.model) as _
    }

    fn prompt(&self, scenario: Scenario) -> Option<Prompt> {
        self.good.prompt(scenario)
    }

    fn disposable(&self) -> BoxFuture<'_, Option<Arc<dyn TextModel>>> {
        async { Some(Arc::new(Broken::new(self.model.bug)) as _) }.boxed()
    }

    fn provoke(&self, fault: Fault) -> BoxFuture<'_, Option<Provoked>> {
        match self.mishandled(fault) {
            Some(script) => {
                let model = ScriptedModel::new("faulty").otherwise(script);
                let provoked = Provoked::new(Arc::new(model), Prompt::user("Go on."));
                async { Some(provoked) }.boxed()
            }
            None => self.good.provoke(fault),
        }
    }

    fn activity(&self) -> BoxFuture<'_, Option<Activity>> {
        async { Some(self.model.activity()) }.boxed()
    }

    fn limits(&self) -> Limits {
        let mut limits = self.good.limits();
        match self.model.bug {
            Check::Stall => limits.patience = Duration::from_secs(3),
            Check::DropCancels | Check::CancelKeepsPartial => {
                limits.cancel = Duration::from_millis(200);
            }
            _ => {}
        }
        limits
    }
}
