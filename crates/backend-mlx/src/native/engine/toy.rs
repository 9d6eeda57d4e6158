//! A network for tests of the engine: exact, at once, and faulty when it is told so.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use futures::{FutureExt as _, StreamExt as _};
use inference_core::{
    AttentionSnapshot, Error, ErrorKind, Event, FinishReason, GenerateOptions, StopMatcher, Summary,
};
use serde_json::json;

use super::answer::{Answer, Limit, Manner};
use super::compute::{Compute, Input, Memory};
use super::host::{Host, Limits, Readiness};
use super::link::{Ending, Link};
use super::outlet::Inlet;
use super::task::{Generate, Work};
use crate::native::detokenizer::Detokenizer;
use crate::native::sampler::Sampler;
use crate::native::source::Texts;
use crate::native::tokenizer::Tokenizer;

/// Entries of its vocabulary; the first is the end of a text.
pub(super) const VOCABULARY: u32 = 64;
const LAYERS: usize = 4;

/// The likeliest next token depends on all tokens before it, and on the adapter.
#[derive(Debug, Default)]
pub(super) struct Toy {
    /// How many sequences went through together, for each step of a batch.
    pub(super) steps: RefCell<Vec<usize>>,
    /// How many tokens went through together, for each pass that could be paused.
    pub(super) chunks: RefCell<Vec<usize>>,
    /// What the next computation does.
    pub(super) fault: Cell<Fault>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Fault {
    #[default]
    None,
    Fails,
}

pub(super) struct ToyPass {
    /// Sums of those that want logits.
    wanted: Vec<usize>,
    tokens: Vec<Vec<u32>>,
    adapters: Vec<u32>,
    layers: usize,
    logits: Vec<Vec<f32>>,
}

impl Toy {
    fn suffer(&self) -> Result<(), Error> {
        match self.fault.take() {
            Fault::None => Ok(()),
            Fault::Fails => Err(Error::new(ErrorKind::Backend, "as it was told")),
        }
    }
}

/// Logits whose highest is that of the next token.
fn logits(tokens: &[u32], adapter: u32) -> Vec<f32> {
    let mut logits = vec![0.0; VOCABULARY as usize];
    logits[next(tokens, adapter) as usize] = 1.0;
    logits
}

/// The next token; never the end.
pub(super) fn next(tokens: &[u32], adapter: u32) -> u32 {
    let hash = tokens.iter().fold(adapter + 1, |hash, token| {
        (hash ^ token).wrapping_mul(0x0100_0193) >> 1
    });
    1 + hash % (VOCABULARY - 1)
}

/// What it answers to a prompt.
pub(super) fn answer(prompt: &[u32], length: usize) -> Vec<u32> {
    let mut tokens = prompt.to_vec();
    for _ in 0..length {
        tokens.push(next(&tokens, 0));
    }
    tokens.split_off(prompt.len())
}

impl Compute for Toy {
    /// All tokens that were computed.
    type Cache = Vec<u32>;
    type Pass = ToyPass;
    type Adapter = u32;

    fn layers(&self) -> usize {
        LAYERS
    }

    fn kv_bytes(&self, tokens: usize) -> u64 {
        tokens as u64
    }

    fn memory(&self) -> Memory {
        Memory::default()
    }

    fn cache(&self) -> Vec<u32> {
        Vec::new()
    }

    fn cache_len(cache: &Vec<u32>) -> usize {
        cache.len()
    }

    fn cache_bytes(cache: &Vec<u32>) -> u64 {
        cache.len() as u64
    }

    fn truncated(cache: &Vec<u32>, len: usize) -> Option<Vec<u32>> {
        cache.get(..len).map(<[u32]>::to_vec)
    }

    fn begin(&self, inputs: &[Input<'_, u32>]) -> Result<ToyPass, Error> {
        let tokens: Vec<_> = inputs.iter().map(|input| input.tokens.to_vec()).collect();
        let rows = tokens.iter().map(Vec::len).sum();
        self.chunks.borrow_mut().push(rows);
        let wanted = inputs.iter().enumerate().filter(|(_, input)| input.logits);
        Ok(ToyPass {
            wanted: wanted.map(|(index, _)| index).collect(),
            tokens,
            adapters: inputs
                .iter()
                .map(|input| input.adapter.unwrap_or(0))
                .collect(),
            layers: 0,
            logits: Vec::new(),
        })
    }

    fn advance(
        &self,
        pass: &mut ToyPass,
        caches: &mut [&mut Vec<u32>],
        layers: usize,
    ) -> Result<(), Error> {
        self.suffer()?;
        assert_eq!(pass.tokens.len(), caches.len());
        pass.layers += layers;
        if pass.layers == LAYERS {
            for (cache, tokens) in caches.iter_mut().zip(&pass.tokens) {
                cache.extend(tokens);
            }
            let logits_of = |index: &usize| logits(caches[*index], pass.adapters[*index]);
            pass.logits = pass.wanted.iter().map(logits_of).collect();
        }
        Ok(())
    }

    fn finish(&self, pass: ToyPass) -> Result<Vec<Vec<f32>>, Error> {
        assert_eq!(pass.layers, LAYERS);
        Ok(pass.logits)
    }

    fn forward(
        &self,
        inputs: &[Input<'_, u32>],
        caches: &mut [&mut Vec<u32>],
    ) -> Result<Vec<Vec<f32>>, Error> {
        self.steps.borrow_mut().push(inputs.len());
        let mut pass = self.begin(inputs)?;
        self.chunks.borrow_mut().pop();
        self.advance(&mut pass, caches, LAYERS)?;
        self.finish(pass)
    }

    fn adapter(&self, path: &Path) -> Result<u32, Error> {
        let number = path
            .file_name()
            .and_then(|name| name.to_str()?.parse().ok());
        number.ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such adapter"))
    }

    fn observe(&self, tokens: &[u32]) -> Result<AttentionSnapshot, Error> {
        Ok(AttentionSnapshot {
            architecture: "toy".to_owned(),
            num_layers: LAYERS,
            num_heads: 1,
            num_query_heads: 0,
            seq_len: tokens.len(),
            head_dim: 1,
            keys: Vec::new(),
            queries: None,
        })
    }
}

/// A host of a toy, and a handle to it.
pub(super) struct Stage {
    pub(super) host: Host<Toy>,
    pub(super) link: Link,
    tokenizer: Arc<Tokenizer>,
}

/// Enough for everything.
pub(super) const PLENTY: Limits = Limits {
    slots: 4,
    kv_bytes: 1_000_000,
    prefix_bytes: 1_000_000,
};

impl Stage {
    pub(super) fn new(limits: Limits) -> Self {
        let (link, Ending { tasks, status, .. }) = Link::new(Waker::noop().clone());
        Self {
            host: Host::new(Toy::default(), limits, tasks, status),
            link,
            tokenizer: Arc::new(tokenizer()),
        }
    }

    /// Asks for so many tokens.
    pub(super) fn ask(&self, prompt: &[u32], most: usize) -> Inlet {
        self.ask_with(prompt, most, None)
    }

    /// Asks for as many tokens as the context has room for.
    pub(super) fn ask_open(&self, prompt: &[u32], room: usize) -> Inlet {
        self.submit(
            prompt,
            Limit {
                tokens: room,
                is_open: true,
            },
            None,
        )
    }

    pub(super) fn ask_with(&self, prompt: &[u32], most: usize, adapter: Option<&Path>) -> Inlet {
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

    /// One turn, if there is anything to do.
    pub(super) fn turn(&mut self) -> Readiness {
        let readiness = self.host.look();
        if readiness == Readiness::Ready {
            self.host.turn();
        }
        readiness
    }

    /// Turns until nothing is left to do.
    pub(super) fn run(&mut self) {
        while self.turn() == Readiness::Ready {}
    }

    /// Turns while somebody reads this answer; its tokens, and how it ended.
    pub(super) fn read(&mut self, mut answer: Inlet) -> (Vec<u32>, Result<Summary, Error>) {
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
    pub(super) fn tokens(&mut self, answer: Inlet) -> Vec<u32> {
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
