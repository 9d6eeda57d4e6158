//! A model that stays loaded while somebody holds it, or an answer of it.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream::{BoxStream, Stream, StreamExt as _};
use inference_core::{
    AttentionInspector, Availability, BatchOptions, Classification, ClassifyOptions, Error, Event,
    GenerateOptions, Generation, GenerationError, ModelInfo, OptionKind, Partial, Prompt,
    TextModel, TokenStream,
};

use super::adapters::settle_adapter;
use super::slot::Lease;

/// A model that stays loaded while this, or an answer of it, is held.
///
/// Its requests use the adapter that its name asks for.
pub(super) struct Leased {
    lease: Lease,
    adapter: Option<String>,
}

impl Leased {
    pub(super) fn new(lease: Lease, adapter: Option<String>) -> Self {
        Self { lease, adapter }
    }

    fn model(&self) -> &dyn TextModel {
        &**self.lease.model()
    }
}

impl TextModel for Leased {
    fn info(&self) -> &ModelInfo {
        self.model().info()
    }

    fn supports(&self, option: OptionKind) -> bool {
        self.model().supports(option)
    }

    fn generate(&self, prompt: Prompt, mut options: GenerateOptions) -> TokenStream {
        if let Err(error) = settle_adapter(self.adapter.as_deref(), &mut options.adapter) {
            return TokenStream::failed(&self.info().backend, error);
        }
        answer(self.lease.clone(), prompt, options, ())
    }

    fn availability(&self) -> BoxFuture<'_, Availability> {
        self.model().availability()
    }

    fn classify(
        &self,
        prompts: Vec<Prompt>,
        mut options: ClassifyOptions,
    ) -> BoxFuture<'_, Result<Vec<Classification>, Error>> {
        if let Err(error) = settle_adapter(self.adapter.as_deref(), &mut options.adapter) {
            return Box::pin(async { Err(error) });
        }
        let classified = self.model().classify(prompts, options);
        Box::pin(async {
            let classified = classified.await;
            classified.inspect_err(|error| self.lease.note(error))
        })
    }

    fn batch_generate(
        &self,
        prompts: Vec<Prompt>,
        mut options: GenerateOptions,
        batch: BatchOptions,
    ) -> BoxStream<'static, (usize, Result<Generation, GenerationError>)> {
        if let Err(error) = settle_adapter(self.adapter.as_deref(), &mut options.adapter) {
            let refused = move |index| {
                let error = GenerationError::new(error.clone(), Partial::default());
                (index, Err(error))
            };
            return futures::stream::iter((0..prompts.len()).map(refused)).boxed();
        }
        let lease = self.lease.clone();
        let answers = self.model().batch_generate(prompts, options, batch);
        let noted = answers.inspect(move |(_, answer)| {
            if let Err(failed) = answer {
                lease.note(&failed.error);
            }
        });
        noted.boxed()
    }

    fn attention(&self) -> Option<&dyn AttentionInspector> {
        self.model().attention()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.lease.note(&Error::closed(&self.info().backend));
        self.model().close()
    }
}

/// An answer that keeps its model loaded, and `kept` alive, until it has ended or is dropped.
pub(super) fn answer(
    lease: Lease,
    prompt: Prompt,
    options: GenerateOptions,
    kept: impl Send + Unpin + 'static,
) -> TokenStream {
    let events = lease.model().generate(prompt, options);
    let backend = events.backend().to_owned();
    let held = Held {
        events: Some(events),
        held: Some((lease, kept)),
    };
    TokenStream::new(backend, held)
}

/// The request goes before what it holds.
struct Held<K> {
    events: Option<TokenStream>,
    held: Option<(Lease, K)>,
}

impl<K: Unpin> Held<K> {
    fn end(&mut self) {
        self.events = None;
        self.held = None;
    }
}

impl<K: Unpin> Stream for Held<K> {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(events) = self.events.as_mut() else {
            return Poll::Ready(None);
        };
        let item = std::task::ready!(events.poll_next_unpin(context));
        match &item {
            Some(Ok(Event::Finished(_))) | None => self.end(),
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                if let Some((lease, _)) = &self.held {
                    lease.note(error);
                }
                self.end();
            }
        }
        Poll::Ready(item)
    }
}
