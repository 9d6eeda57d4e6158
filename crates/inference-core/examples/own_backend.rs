//! A backend of one's own: a model that answers with the prompt's words, last one first.
//!
//! Run it with `cargo run -p inference-core --example own_backend -- "one two three"`.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt as _;
use futures::future::BoxFuture;
use inference_core::{
    EntryPoint, Error, Event, FinishReason, GenerateOptions, Metrics, ModelInfo, OptionKind,
    Prompt, Summary, TextModel, Token, TokenStream, Usage,
};

struct Reverser {
    info: ModelInfo,
    closed: AtomicBool,
}

impl TextModel for Reverser {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn supports(&self, option: OptionKind) -> bool {
        // It always answers alike, so that greedy and every seed are honoured.
        matches!(
            option,
            OptionKind::MaxTokens | OptionKind::Temperature | OptionKind::Seed
        )
    }

    fn generate(&self, prompt: Prompt, options: GenerateOptions) -> TokenStream {
        if self.closed.load(Ordering::Acquire) {
            return TokenStream::failed(&self.info.backend, Error::closed(&self.info.backend));
        }
        let accepted = prompt
            .validate()
            .and_then(|()| options.require(&self.info.backend, |kind| self.supports(kind)));
        if let Err(error) = accepted {
            return TokenStream::failed(&self.info.backend, error);
        }
        let limit = options.resolve(EntryPoint::Library).max_tokens.unwrap_or(1) as usize;
        let text = match prompt {
            Prompt::Text(text) => text,
            Prompt::Chat(messages) => messages
                .last()
                .map(|m| m.content.clone())
                .unwrap_or_default(),
            _ => String::new(),
        };
        let words: Vec<String> = text.split_whitespace().rev().map(str::to_owned).collect();
        let reason = if words.len() > limit {
            FinishReason::Length
        } else {
            FinishReason::Stop
        };
        let shown = words.len().min(limit);
        let usage = Usage::new(words.len() as u64, shown as u64);
        let tokens = words
            .into_iter()
            .take(limit)
            .map(|word| Ok(Event::Token(Token::new(word + " "))));
        let end = Event::Finished(Summary::new(reason, usage, Metrics::default()));
        let events = tokens.chain([Ok(end)]).collect::<Vec<_>>();
        TokenStream::new(&self.info.backend, futures::stream::iter(events))
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.closed.store(true, Ordering::Release);
        Box::pin(async { Ok(()) })
    }
}

fn main() -> Result<(), Error> {
    let prompt = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "one two three".to_owned());
    let model = Reverser {
        info: ModelInfo::new("reverser", "reverser-1"),
        closed: AtomicBool::new(false),
    };
    let mut stream = model.generate(prompt.into(), GenerateOptions::default().max_tokens(8));
    futures::executor::block_on(async {
        while let Some(event) = stream.next().await {
            match event? {
                Event::Token(token) => print!("{}", token.text),
                Event::Finished(summary) => println!("({})", summary.finish_reason.as_str()),
                _ => {}
            }
        }
        Ok(())
    })
}
