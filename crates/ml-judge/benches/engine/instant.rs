//! A model and a suite that take no time, or exactly as much as they are told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use futures::stream;
use inference_core::{
    Error, Event, FinishReason, GenerateOptions, Metrics, ModelInfo, OptionKind, Prompt, Summary,
    TextModel, Token, TokenStream, Usage,
};
use ml_judge::{Asker, Mode, ModelIdentity, Response, Score, Scorer, Suite};

/// Answers with one token of a kilobyte.
struct Instant {
    info: ModelInfo,
    text: Arc<str>,
    takes: Duration,
}

impl TextModel for Instant {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn supports(&self, _: OptionKind) -> bool {
        true
    }

    fn generate(&self, _: Prompt, _: GenerateOptions) -> TokenStream {
        let text = Arc::clone(&self.text);
        let events = move || {
            let summary = Summary::new(FinishReason::Stop, Usage::new(10, 200), Metrics::default());
            [Event::Token(Token::new(&*text)), Event::Finished(summary)].map(Ok)
        };
        let takes = self.takes;
        if takes.is_zero() {
            return TokenStream::new("instant", stream::iter(events()));
        }
        let later = async move {
            tokio::time::sleep(takes).await;
            stream::iter(events())
        };
        TokenStream::new("instant", later.flatten_stream())
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        async { Ok(()) }.boxed()
    }
}

pub(crate) fn asker(takes: Duration) -> Asker {
    let model = Instant {
        info: ModelInfo::new("instant", "instant"),
        text: "A sentence of an answer. ".repeat(41).into(),
        takes,
    };
    let identity = ModelIdentity::of_content("instant", "0", None);
    Asker::new(Arc::new(model), identity)
}

/// Nine numbers, like the heuristic suite.
#[derive(Debug)]
struct Nine;

impl Suite for Nine {
    fn name(&self) -> &'static str {
        "nine"
    }

    fn version(&self) -> &'static str {
        "1"
    }

    fn applies(&self, _: &Response) -> bool {
        true
    }

    fn score<'a>(&'a self, response: &'a Response) -> BoxFuture<'a, Score> {
        async { score(response) }.boxed()
    }
}

pub(crate) fn score(response: &Response) -> Score {
    const FIELDS: [&str; 9] = [
        "compliance_markers",
        "formulaic_preamble",
        "first_person",
        "creative_form",
        "engagement_depth",
        "emotional_register",
        "degeneration",
        "empty_broken",
        "lek_score",
    ];
    let length = response.response.len() as f64;
    let values: BTreeMap<_, _> = FIELDS.map(|field| (field.to_owned(), length)).into();
    Score::scored("nine", "1", Mode::V2, values)
}

pub(crate) fn scorer() -> Scorer {
    Scorer::new(Arc::new(Nine), Mode::V2)
}
