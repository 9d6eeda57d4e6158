//! What the engine needs of a model's network.

use std::path::Path;

use inference_core::{AttentionSnapshot, Error};

/// The tokens of one sequence that go through the network in one pass.
#[derive(Debug, Clone)]
pub(crate) struct Input<'a, A> {
    /// One or more, each below the size of the vocabulary.
    pub(crate) tokens: &'a [u32],
    pub(crate) adapter: Option<A>,
    /// Whether the logits after the last token are wanted.
    pub(crate) logits: bool,
}

/// Memory of the device, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    /// What is held now.
    pub(crate) active: u64,
    /// The most that was held since [`Compute::take_peak`] was last asked.
    pub(crate) peak: u64,
}

/// A network, as the engine uses it: passes of sequences of any lengths, which can be paused
/// between layers, each sequence with a cache of its own.
///
/// After an error, the caches of that pass are of no use any more; the network is.
pub(crate) trait Compute {
    /// The keys and values of one sequence.
    type Cache;
    /// A pass on its way.
    type Pass;
    /// A LoRA adapter; a clone shares its memory.
    type Adapter: Clone;

    /// The layers that a pass goes through.
    fn layers(&self) -> usize;

    /// Bytes of the keys and values of so many tokens.
    fn kv_bytes(&self, tokens: usize) -> u64;

    fn memory(&self) -> Memory;

    /// The most memory that was held since this was last asked.
    fn take_peak() -> u64;

    /// Gives the system back what was freed and is kept for later.
    fn trim();

    /// An empty cache.
    fn cache(&self) -> Self::Cache;

    /// Tokens whose keys and values a cache has.
    fn cache_len(cache: &Self::Cache) -> usize;

    fn cache_bytes(cache: &Self::Cache) -> u64;

    /// The cache as it was after its first `len` tokens, if it still has what that needs.
    fn truncated(cache: &Self::Cache, len: usize) -> Option<Self::Cache>;

    /// The cache without room to grow, to be kept for later.
    fn compacted(cache: Self::Cache) -> Self::Cache;

    fn begin(&self, inputs: &[Input<'_, Self::Adapter>]) -> Result<Self::Pass, Error>;

    /// Computes the next `layers` layers. The caches are those of the inputs, in their order.
    fn advance(
        &self,
        pass: &mut Self::Pass,
        caches: &mut [&mut Self::Cache],
        layers: usize,
    ) -> Result<(), Error>;

    /// The logits of the inputs that want them, in their order, after the last layer.
    fn finish(&self, pass: Self::Pass) -> Result<Vec<Vec<f32>>, Error>;

    /// A whole pass at once.
    fn forward(
        &self,
        inputs: &[Input<'_, Self::Adapter>],
        caches: &mut [&mut Self::Cache],
    ) -> Result<Vec<Vec<f32>>, Error>;

    fn adapter(&self, path: &Path) -> Result<Self::Adapter, Error>;

    /// Keys and queries of every layer, for one sequence from its beginning.
    fn observe(&self, tokens: &[u32]) -> Result<AttentionSnapshot, Error>;
}
