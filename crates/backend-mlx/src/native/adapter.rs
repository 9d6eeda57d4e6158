//! A LoRA adapter over a network.

use std::collections::HashMap;

use mlx_rs::Array;

/// Low-rank changes of a network's linear layers (Hu et al. 2021), kept beside the weights.
#[derive(Debug)]
pub(crate) struct Adapter {
    /// Where it was read from.
    pub(crate) name: String,
    /// By the path of the layer: A of `[inputs, rank]`, and B of `[rank, outputs]` times the
    /// scale.
    modules: HashMap<String, (Array, Array)>,
}

impl Adapter {
    /// The change of one layer, if the adapter has one.
    pub(crate) fn module(&self, name: &str) -> Option<&(Array, Array)> {
        self.modules.get(name)
    }

    /// Bytes of all its arrays.
    pub(crate) fn nbytes(&self) -> usize {
        let modules = self.modules.values();
        modules.map(|(a, b)| a.nbytes() + b.nbytes()).sum()
    }
}
