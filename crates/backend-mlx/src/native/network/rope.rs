//! The rotary embedding.

use mlx_rs::error::Result;
use mlx_rs::ops::indexing::TryIndexOp as _;
use mlx_rs::ops::{self, concatenate};
use mlx_rs::{Array, fast};

use super::spec::{Frequencies, RopeSpec};

/// A rotary embedding.
#[derive(Debug)]
pub(crate) struct Rope {
    dims: i32,
    base: Option<f32>,
    scale: f32,
    wavelengths: Option<Array>,
    magnitude: f32,
}

impl Rope {
    pub(crate) fn new(spec: &RopeSpec) -> Self {
        let (base, scale, wavelengths) = match &spec.frequencies {
            Frequencies::Base { base, scale } => (Some(*base), *scale, None),
            Frequencies::Wavelengths(wavelengths) => {
                let length = size(wavelengths.len());
                (None, 1.0, Some(Array::from_slice(wavelengths, &[length])))
            }
        };
        Self {
            dims: size(spec.dims),
            base,
            scale,
            wavelengths,
            magnitude: spec.magnitude,
        }
    }

    /// Rotates `[sequences, heads, tokens, head_dim]`; `positions` are those of the first token
    /// of each sequence.
    pub(crate) fn rotate(&self, x: &Array, positions: &[i32]) -> Result<Array> {
        let x = &self.magnified(x)?;
        let (dims, base, scale) = (self.dims, self.base, self.scale);
        let wavelengths = self.wavelengths.as_ref();
        if let [position] = *positions {
            return fast::rope(x, dims, false, base, scale, position, wavelengths);
        }
        let positions = Array::from_slice(positions, &[size(positions.len())]);
        fast::rope_dynamic(x, dims, false, base, scale, positions, wavelengths)
    }

    fn magnified(&self, x: &Array) -> Result<Array> {
        #[expect(clippy::float_cmp, reason = "1 is exact where nothing is to be done")]
        let done = self.magnitude == 1.0;
        if done {
            return Ok(x.clone());
        }
        let magnitude = Array::from_f32(self.magnitude).as_dtype(x.dtype())?;
        if self.dims == x.dim(-1) {
            return ops::multiply(x, magnitude);
        }
        let rotated = x.try_index((.., .., .., ..self.dims))?;
        let rest = x.try_index((.., .., .., self.dims..))?;
        concatenate(&[ops::multiply(rotated, magnitude)?, rest], -1)
    }
}

/// A size as MLX takes it; sizes were bounded when the configuration was read.
pub(crate) fn size(n: usize) -> i32 {
    i32::try_from(n).expect("sizes are bounded far below 2^31")
}
