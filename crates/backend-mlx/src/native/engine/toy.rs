//! A network for tests of the engine: exact, at once, and faulty when it is told so.

mod stage;

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::thread;
use std::time::Duration;

use inference_core::{AttentionSnapshot, Error, ErrorKind};

use super::compute::{Compute, Input, Memory};

pub(super) use stage::{Asker, PLENTY, Stage};

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
    /// How long a token takes in a layer of a pass that can be paused.
    pub(super) work: Cell<Duration>,
    /// What the next computation does.
    pub(super) fault: Cell<Fault>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Fault {
    #[default]
    None,
    Fails,
    Panics,
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
            Fault::Panics => panic!("as it was told"),
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

    fn take_peak() -> u64 {
        0
    }

    fn trim() {}

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

    fn compacted(cache: Vec<u32>) -> Vec<u32> {
        cache
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
        let rows = pass.tokens.iter().map(Vec::len).sum::<usize>();
        thread::sleep(self.work.get() * u32::try_from(rows * layers).unwrap());
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
        let work = self.work.take();
        let advanced = self.advance(&mut pass, caches, LAYERS);
        self.work.set(work);
        advanced?;
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
