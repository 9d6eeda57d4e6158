//! The norm of a residual stream or of a head.

use mlx_rs::error::Result;
use mlx_rs::{Array, fast};

/// Root mean square norm over the last dimension (Zhang and Sennrich 2019).
#[derive(Debug)]
pub(crate) struct Norm {
    pub(crate) weight: Array,
    pub(crate) eps: f32,
}

impl Norm {
    pub(crate) fn forward(&self, x: &Array) -> Result<Array> {
        fast::rms_norm(x, Some(&self.weight), self.eps)
    }
}
