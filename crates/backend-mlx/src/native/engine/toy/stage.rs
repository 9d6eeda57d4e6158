//! What tests ask of a host, and read.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use futures::{FutureExt as _, StreamExt as _};
use inference_core::{Error, Event, FinishReason, GenerateOptions, StopMatcher, Summary};
use serde_json::json;

use super::{Toy, VOCABULARY};
use crate::native::detokenizer::Detokenizer;
use crate::native::engine::answer::{Answer, Limit, Manner};
use crate::native::engine::host::{Host, Limits, Readiness};
use crate::native::engine::link::{Ending, Link};
use crate::native::engine::outlet::Inlet;
use crate::native::engine::task::{Generate, Work};
use crate::native::sampler::Sampler;
use crate::native::source::Texts;
use crate::native::tokenizer::Tokenizer;

/// Enough for everything.
pub(in crate::native::engine) const PLENTY: Limits = Limits {
    slots: 4,
    kv_bytes: 1_000_000,
    prefix_bytes: 1_000_000,
};

/// A handle to a host, and what it takes to ask.
pub(in crate::native::engine) struct Asker {
    pub(in crate::native::engine) link: Link,
    tokenizer: Arc<Tokenizer>,
}

/// A host of a toy, and a handle to it.
pub(in crate::native::engine) struct Stage {
    pub(in crate::native::engine) host: Host<Toy>,
    asker: Asker,
}

impl Deref for Stage {
    type Target = Asker;

    fn deref(&self) -> &Asker {
        &self.asker
    }
}

impl Asker {
    pub(in crate::native::engine) fn new(link: Link) -> Self {
        Self {
            link,
            tokenizer: Arc::new(tokenizer()),
        }
    }

    /// Asks for so many tokens.
    pub(in crate::native::engine) fn ask(&self, prompt: &[u32], most: usize) -> Inlet {
        self.ask_with(prompt, most, None)
    }

    /// Asks for as many tokens as the context has room for.
    pub(in crate::native::engine) fn ask_open(&self, prompt: &[u32], room: usize) -> Inlet {
        self.submit(
            prompt,
            Limit {
                tokens: room,
                is_open: true,
            },
            None,
        )
    }

    pub(in crate::native::engine) fn ask_with(
        &self,
        prompt: &[u32],
        most: usize,
        adapter: Option<&Path>,
    ) -> Inlet {
        self.submit(
            prompt,
            Limit {
                tokens: most,
                is_open: false,
            },
            adapter,
        )
    }

    fn submit(&self, prompt: &[u32], limit: Limit, adapter: Option<&Path>) -> Inlet {
        let options = GenerateOptions::default().temperature(0.0);
        let manner = Manner {
            sampler: Sampler::new(&options, VOCABULARY as usize).unwrap(),
            detokenizer: Detokenizer::new(Arc::clone(&self.tokenizer)),
            stops: StopMatcher::new([""; 0]),
            ends: vec![0],
            limit,
        };
        let (outlet, inlet) = self.link.outlet();
        let generate = Generate {
            prompt: prompt.to_vec(),
            answer: Answer::new(Arc::clone(&self.tokenizer), manner),
            outlet,
            started: Instant::now(),
        };
        let adapter = adapter.map(Path::to_owned);
        self.link.submit(adapter, Work::Generate(generate)).unwrap();
        inlet
    }
}

impl Stage {
    pub(in crate::native::engine) fn new(limits: Limits) -> Self {
        let (link, Ending { tasks, status, .. }) = Link::new(Waker::noop().clone());
        Self {
            host: Host::new(Toy::default(), limits, tasks, status),
            asker: Asker::new(link),
        }
    }

    /// One turn, if there is anything to do.
    pub(in crate::native::engine) fn turn(&mut self) -> Readiness {
        let readiness = self.host.look();
        if readiness == Readiness::Ready {
            self.host.turn();
        }
        readiness
    }

    /// Turns until nothing is left to do.
    pub(in crate::native::engine) fn run(&mut self) {
        while self.turn() == Readiness::Ready {}
    }

    /// Turns while somebody reads this answer; its tokens, and how it ended.
    pub(in crate::native::engine) fn read(
        &mut self,
        mut answer: Inlet,
    ) -> (Vec<u32>, Result<Summary, Error>) {
        let mut tokens = Vec::new();
        loop {
            match answer.next().now_or_never() {
                Some(Some(Ok(Event::Token(token)))) => tokens.extend(token.id),
                Some(Some(Ok(Event::Finished(summary)))) => return (tokens, Ok(summary)),
                Some(Some(Err(error))) => return (tokens, Err(error)),
                Some(other) => panic!("{other:?}"),
                None => assert_eq!(self.turn(), Readiness::Ready, "{tokens:?}"),
            }
        }
    }

    /// The tokens of an answer that ends well, by its limit.
    pub(in crate::native::engine) fn tokens(&mut self, answer: Inlet) -> Vec<u32> {
        let (tokens, end) = self.read(answer);
        assert_eq!(end.unwrap().finish_reason, FinishReason::Length);
        tokens
    }
}

fn tokenizer() -> Tokenizer {
    let words = (1..VOCABULARY).map(|id| (format!("w{id}"), json!(id)));
    let end = [("</s>".to_owned(), json!(0))];
    let vocabulary: serde_json::Map<_, _> = end.into_iter().chain(words).collect();
    let json = json!({
        "version": "1.0",
        "added_tokens": [{
            "id": 0, "content": "</s>", "special": true, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false
        }],
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "w1"}
    });
    let texts = Texts {
        tokenizer: json.to_string().into_bytes(),
        ..Texts::default()
    };
    Tokenizer::new(&texts, &json!({})).unwrap()
}
