//! A model that says what it is told to, and a loader of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use inference_core::{
    AttentionInspector, AttentionSnapshot, Availability, Error, ErrorKind, Event, FinishReason,
    GenerateOptions, LoadOptions, Metrics, ModelInfo, ModelLoader, ModelSource, OptionKind, Prompt,
    Summary, TextModel, Token, TokenStream, Usage,
};

/// Says its tokens, then ends well or with the error. A prompt that holds `fail` fails.
#[derive(Default)]
pub(crate) struct Toy {
    pub(crate) info: ModelInfo,
    pub(crate) tokens: Vec<&'static str>,
    pub(crate) error: Option<Error>,
    pub(crate) inspects: bool,
    pub(crate) closed: AtomicBool,
    pub(crate) asked: Mutex<Vec<(Prompt, GenerateOptions)>>,
}

impl Toy {
    pub(crate) fn saying(tokens: &[&'static str]) -> Self {
        Self {
            info: ModelInfo::new("toy", "toy-1"),
            tokens: tokens.to_vec(),
            ..Self::default()
        }
    }

    pub(crate) fn then(mut self, error: Error) -> Self {
        self.error = Some(error);
        self
    }
}

pub(crate) fn end() -> Event {
    Event::Finished(Summary::new(
        FinishReason::Stop,
        Usage::new(3, 2),
        Metrics::default(),
    ))
}

impl TextModel for Toy {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn supports(&self, option: OptionKind) -> bool {
        option != OptionKind::MinP
    }

    fn generate(&self, prompt: Prompt, options: GenerateOptions) -> TokenStream {
        let asks_to_fail = matches!(&prompt, Prompt::Text(text) if text.contains("fail"));
        self.asked
            .lock()
            .expect("no panic while held")
            .push((prompt, options));
        let tokens = self
            .tokens
            .iter()
            .map(|text| Ok(Event::Token(Token::new(*text))));
        let end = match &self.error {
            Some(error) => Err(error.clone()),
            None if asks_to_fail => Err(Error::new(ErrorKind::Backend, "asked to fail")),
            None => Ok(end()),
        };
        let events: Vec<_> = tokens.chain([end]).collect();
        TokenStream::new("toy", futures::stream::iter(events))
    }

    fn attention(&self) -> Option<&dyn AttentionInspector> {
        self.inspects.then_some(self as _)
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.closed.store(true, Ordering::SeqCst);
        Box::pin(async { Ok(()) })
    }
}

impl AttentionInspector for Toy {
    fn inspect_attention(&self, _: Prompt) -> BoxFuture<'_, Result<AttentionSnapshot, Error>> {
        Box::pin(async {
            Ok(AttentionSnapshot {
                architecture: "qwen3".to_owned(),
                num_layers: 28,
                num_heads: 8,
                num_query_heads: 0,
                seq_len: 10,
                head_dim: 64,
                keys: vec![vec![vec![0.0; 640]; 8]; 28],
                queries: None,
            })
        })
    }
}

/// A loader that notes what it was asked.
#[derive(Clone)]
pub(crate) struct ToyLoader {
    pub(crate) name: &'static str,
    pub(crate) aliases: Vec<&'static str>,
    pub(crate) why_not: Option<&'static str>,
    pub(crate) fails: bool,
    pub(crate) accepts_servers: bool,
    pub(crate) loaded: Arc<Mutex<Vec<(ModelSource, LoadOptions)>>>,
}

pub(crate) fn loader(name: &'static str) -> ToyLoader {
    ToyLoader {
        name,
        aliases: Vec::new(),
        why_not: None,
        fails: false,
        accepts_servers: false,
        loaded: Arc::default(),
    }
}

impl ToyLoader {
    pub(crate) fn unavailable(mut self, why: &'static str) -> Self {
        self.why_not = Some(why);
        self
    }
}

impl ModelLoader for ToyLoader {
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[&str] {
        &self.aliases
    }

    fn availability(&self) -> Availability {
        match self.why_not {
            None => Availability::Available,
            Some(why) => Availability::unavailable(why),
        }
    }

    fn accepts(&self, source: &ModelSource) -> bool {
        matches!(source, ModelSource::Path(_)) != self.accepts_servers
    }

    fn load(
        &self,
        source: ModelSource,
        options: LoadOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TextModel>, Error>> {
        self.loaded
            .lock()
            .expect("no panic while held")
            .push((source, options));
        let loaded: Result<Arc<dyn TextModel>, Error> = if self.fails {
            Err(Error::new(ErrorKind::InvalidModel, "damaged"))
        } else {
            let mut toy = Toy::saying(&["hi"]);
            toy.info = ModelInfo::new(self.name, "toy-1");
            Ok(Arc::new(toy))
        };
        Box::pin(async { loaded })
    }
}
