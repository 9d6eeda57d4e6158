//! The keys and values of one sequence.

mod layer;

use mlx_rs::Array;
use mlx_rs::error::Result;
use mlx_rs::transforms::eval;

pub(crate) use layer::{Kept, LayerCache};

use super::network::Spec;

/// How keys and values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum KvKind {
    /// As the network computes them.
    Full,
    /// Quantised to so many bits (4 or 8), in groups of [`KV_GROUP`].
    Quantized { bits: i32 },
}

/// Numbers of a quantised key or value that share a scale and a bias; heads whose width it does
/// not divide cannot be quantised.
pub(crate) const KV_GROUP: i32 = 32;

/// The keys and values of one sequence, layer by layer.
///
/// Arrays do not change once made, so a copy shares its memory with the original until either
/// grows.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    pub(crate) layers: Vec<LayerCache>,
}

impl Cache {
    /// An empty cache for a network.
    pub(crate) fn new(spec: &Spec, kind: KvKind) -> Self {
        let layer = |layer: &super::network::LayerSpec| LayerCache::new(kind, layer.window);
        Self {
            layers: spec.layers.iter().map(layer).collect(),
        }
    }

    /// Tokens whose keys and values have been computed.
    pub(crate) fn len(&self) -> usize {
        self.layers.last().map_or(0, LayerCache::len)
    }

    /// Bytes of all its arrays, room to grow included.
    pub(crate) fn nbytes(&self) -> usize {
        self.arrays().map(Array::nbytes).sum()
    }

    /// The cache as it was after its first `len` tokens. `None` where a layer with a window no
    /// longer has what that needs, or there never were as many tokens.
    pub(crate) fn truncated(&self, len: usize) -> Option<Self> {
        let layers = self.layers.iter().map(|layer| layer.truncated(len));
        Some(Self {
            layers: layers.collect::<Option<_>>()?,
        })
    }

    /// The same keys and values without room to grow, in memory of their own.
    ///
    /// # Errors
    /// There is no memory for the copy.
    pub(crate) fn compacted(&self) -> Result<Self> {
        let layers = self.layers.iter().map(LayerCache::compacted);
        let cache = Self {
            layers: layers.collect::<Result<_>>()?,
        };
        eval(cache.arrays())?;
        Ok(cache)
    }

    /// Every array.
    pub(crate) fn arrays(&self) -> impl Iterator<Item = &Array> {
        self.layers.iter().flat_map(LayerCache::arrays)
    }
}
