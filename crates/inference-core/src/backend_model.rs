//! `Backend` → `TextModel`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::BoxFuture;
use futures::stream::StreamExt as _;

use crate::{
    Availability, Backend, EntryPoint, Error, Event, GenerateOptions, Generation, GenerationError,
    Message, ModelInfo, OptionKind, Prompt, Summary, TextModel, Token, TokenStream,
};

/// Makes a [`TextModel`] of a string backend: the whole answer comes as one token.
///
/// A raw [`Prompt::Text`] is refused, since a string backend applies a chat template to all it is
/// asked. A partial answer comes as a token before the error.
#[derive(Debug)]
pub struct BackendModel<B> {
    backend: Arc<B>,
    info: ModelInfo,
    closed: Arc<AtomicBool>,
}

impl<B: Backend + 'static> BackendModel<B> {
    /// Wraps a backend; `name` is the model's.
    pub fn new(backend: B, name: impl Into<String>) -> Self {
        let info = ModelInfo::new(backend.name(), name);
        Self {
            backend: Arc::new(backend),
            info,
            closed: Arc::default(),
        }
    }

    /// The backend.
    pub fn backend(&self) -> &B {
        &self.backend
    }
}

impl<B: Backend + 'static> TextModel for BackendModel<B> {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn supports(&self, option: OptionKind) -> bool {
        self.backend.supports(option)
    }

    fn generate(&self, prompt: Prompt, options: GenerateOptions) -> TokenStream {
        let backend = Arc::clone(&self.backend);
        let closed = Arc::clone(&self.closed);
        let events = async move {
            let answer = match messages(&*backend, &closed, prompt, &options) {
                Ok(messages) => {
                    let options = options.resolve(EntryPoint::Library);
                    backend.chat(&messages, &options).await
                }
                Err(error) => Err(error.into()),
            };
            futures::stream::iter(events(answer))
        };
        let stream = futures::stream::once(events).flatten();
        TokenStream::new(self.info.backend.clone(), stream)
    }

    fn availability(&self) -> BoxFuture<'_, Availability> {
        self.backend.availability()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.closed.store(true, Ordering::Release);
        Box::pin(async { Ok(()) })
    }
}

/// The conversation to send, if the request may be sent at all.
fn messages(
    backend: &(impl Backend + ?Sized),
    closed: &AtomicBool,
    prompt: Prompt,
    options: &GenerateOptions,
) -> Result<Vec<Message>, Error> {
    if closed.load(Ordering::Acquire) {
        return Err(Error::closed(backend.name()));
    }
    prompt.validate()?;
    options.require(backend.name(), |kind| backend.supports(kind))?;
    match prompt {
        Prompt::Chat(messages) => Ok(messages),
        Prompt::Text(_) => Err(Error::unsupported(
            backend.name(),
            "a raw prompt: send it as a chat message",
        )),
    }
}

/// The events that a whole answer, or what is left of it, becomes.
fn events(answer: Result<Generation, GenerationError>) -> Vec<Result<Event, Error>> {
    let (text, reasoning, calls, end) = match answer {
        Ok(whole) => {
            let end = Summary::new(whole.finish_reason, whole.usage, whole.metrics);
            (
                whole.text,
                whole.reasoning,
                whole.tool_calls,
                Ok(Event::Finished(end)),
            )
        }
        Err(failed) => {
            let partial = *failed.partial;
            (
                partial.text,
                partial.reasoning,
                partial.tool_calls,
                Err(failed.error),
            )
        }
    };
    let mut events = Vec::new();
    if !reasoning.is_empty() {
        events.push(Ok(Event::Reasoning(Token::new(reasoning))));
    }
    if !text.is_empty() {
        events.push(Ok(Event::Token(Token::new(text))));
    }
    events.extend(calls.into_iter().map(|call| Ok(Event::ToolCall(call))));
    events.push(end);
    events
}
