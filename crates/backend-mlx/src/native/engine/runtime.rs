//! A network on MLX, as the engine uses it.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use inference_core::{AttentionSnapshot, Error, ErrorKind};
use mlx_rs::error::Exception;
use mlx_rs::{Array, Dtype};

use super::compute::{Compute, Input, Memory};
use crate::BACKEND;
use crate::native::adapter::Adapter;
use crate::native::cache::{Cache, KV_GROUP, KvKind};
use crate::native::memory;
use crate::native::network::{self, Network, Observed, Pass};

/// Keys and values grow by so many tokens at a time.
const STEP: usize = 256;

/// A network, and how its keys and values are kept.
#[derive(Debug)]
pub(crate) struct Runtime {
    pub(crate) network: Network,
    /// Where it was loaded from.
    pub(crate) model: PathBuf,
    pub(crate) kind: KvKind,
}

impl Compute for Runtime {
    type Cache = Cache;
    type Pass = Pass;
    type Adapter = Rc<Adapter>;

    fn layers(&self) -> usize {
        self.network.spec.layers.len()
    }

    fn kv_bytes(&self, tokens: usize) -> u64 {
        let tokens = tokens.next_multiple_of(STEP);
        self.network.kv_bytes(tokens, self.kind) as u64
    }

    fn memory(&self) -> Memory {
        memory::now()
    }

    fn take_peak() -> u64 {
        memory::take_peak()
    }

    fn trim() {
        // It frees what it can.
        let _ = memory::clear_cache();
    }

    fn cache(&self) -> Cache {
        self.network.cache(self.kind)
    }

    fn cache_len(cache: &Cache) -> usize {
        cache.len()
    }

    fn cache_bytes(cache: &Cache) -> u64 {
        cache.nbytes() as u64
    }

    fn truncated(cache: &Cache, len: usize) -> Option<Cache> {
        cache.truncated(len)
    }

    fn compacted(cache: Cache) -> Cache {
        cache.compacted().unwrap_or(cache)
    }

    fn begin(&self, inputs: &[Input<'_, Rc<Adapter>>]) -> Result<Pass, Error> {
        self.network.begin(&native(inputs)).map_err(failed)
    }

    fn advance(
        &self,
        pass: &mut Pass,
        caches: &mut [&mut Cache],
        layers: usize,
    ) -> Result<(), Error> {
        self.network.advance(pass, caches, layers).map_err(failed)
    }

    fn finish(&self, pass: Pass) -> Result<Vec<Vec<f32>>, Error> {
        self.network.finish(&pass).map_err(failed)
    }

    fn forward(
        &self,
        inputs: &[Input<'_, Rc<Adapter>>],
        caches: &mut [&mut Cache],
    ) -> Result<Vec<Vec<f32>>, Error> {
        self.network
            .forward(&native(inputs), caches)
            .map_err(failed)
    }

    fn adapter(&self, path: &Path) -> Result<Rc<Adapter>, Error> {
        let adapter = Adapter::load(path, &self.network, &self.model)?;
        Ok(Rc::new(adapter))
    }

    fn observe(&self, tokens: &[u32]) -> Result<AttentionSnapshot, Error> {
        let observed = self.network.observe(tokens, &mut self.cache());
        let observed = observed.map_err(failed)?;
        self.snapshot(tokens.len(), &observed).map_err(failed)
    }
}

impl Runtime {
    /// Refuses a way to keep keys and values that does not suit the network.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let head_dim = self.network.spec.head_dim;
        match self.kind {
            KvKind::Quantized { bits } if !head_dim.is_multiple_of(KV_GROUP as usize) => {
                let what = format!(
                    "a KV cache of {bits} bits for heads {head_dim} wide, which {KV_GROUP} does \
                     not divide,"
                );
                Err(Error::unsupported(BACKEND, what))
            }
            _ => Ok(()),
        }
    }

    /// The tokens that the model was made for, or as many as fit into so many bytes.
    pub(crate) fn fitting(&self, bytes: u64) -> usize {
        let (mut fits, mut most) = (1, self.network.spec.context_length);
        while fits < most {
            let middle = fits + (most - fits).div_ceil(2);
            if self.kv_bytes(middle) <= bytes {
                fits = middle;
            } else {
                most = middle - 1;
            }
        }
        fits
    }

    fn snapshot(
        &self,
        tokens: usize,
        observed: &[Observed],
    ) -> Result<AttentionSnapshot, Exception> {
        let spec = &self.network.spec;
        let width = tokens * spec.head_dim;
        let keys = observed.iter().map(|layer| heads(&layer.keys, width));
        let queries = observed.iter().map(|layer| heads(&layer.queries, width));
        Ok(AttentionSnapshot {
            architecture: spec.architecture.clone(),
            num_layers: observed.len(),
            num_heads: spec.kv_heads,
            num_query_heads: spec.heads,
            seq_len: tokens,
            head_dim: spec.head_dim,
            keys: keys.collect::<Result<_, _>>()?,
            queries: Some(queries.collect::<Result<_, _>>()?),
        })
    }
}

/// The numbers of each head, so many, in `[1, heads, tokens, head_dim]`.
fn heads(array: &Array, width: usize) -> Result<Vec<Vec<f32>>, Exception> {
    let array = array.as_dtype(Dtype::Float32)?.contiguous()?;
    let numbers = array.try_as_slice::<f32>();
    let numbers = numbers.map_err(|error| Exception::custom(error.to_string()))?;
    Ok(numbers.chunks_exact(width).map(<[f32]>::to_vec).collect())
}

fn native<'a>(inputs: &[Input<'a, Rc<Adapter>>]) -> Vec<network::Input<'a>> {
    let native = |input: &Input<'a, Rc<Adapter>>| network::Input {
        tokens: input.tokens,
        adapter: input.adapter.clone(),
        logits: input.logits,
    };
    inputs.iter().map(native).collect()
}

fn failed(exception: Exception) -> Error {
    // What MLX throws has no kinds; this is how all of its allocators say it.
    let kind = if exception.what().contains("[malloc]") {
        ErrorKind::OutOfMemory
    } else {
        ErrorKind::Backend
    };
    Error::new(kind, "MLX could not compute").with_source(exception)
}
