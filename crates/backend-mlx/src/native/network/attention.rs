//! Attention, with each sequence's own keys and values.

use mlx_rs::Array;
use mlx_rs::error::Result;
use mlx_rs::fast::{ScaledDotProductAttentionMask, scaled_dot_product_attention};
use mlx_rs::ops;
use mlx_rs::ops::indexing::TryIndexOp as _;

use super::linear::{Linear, Routes};
use super::mask::Masks;
use super::norm::Norm;
use super::rope::{Rope, size};
use super::rows::Rows;
use crate::native::cache::{KV_GROUP, Kept, LayerCache};
use crate::native::device::Device;

/// Attention with grouped queries.
#[derive(Debug)]
pub(crate) struct Attention {
    pub(crate) qkv: Qkv,
    pub(crate) output: Linear,
    pub(crate) query_norm: Option<Norm>,
    pub(crate) key_norm: Option<Norm>,
    pub(crate) rope: Rope,
    pub(crate) heads: i32,
    pub(crate) kv_heads: i32,
    pub(crate) head_dim: i32,
    pub(crate) scale: f32,
    pub(crate) softcap: Option<f32>,
    pub(crate) window: Option<usize>,
}

/// The three matrices, or one with all: queries first, then keys.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each layer")]
pub(crate) enum Qkv {
    Separate {
        query: Linear,
        key: Linear,
        value: Linear,
    },
    Fused(Linear),
}

/// Keys and queries of one layer after the rotary embedding: `[1, heads, tokens, head_dim]`.
#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) keys: Array,
    pub(crate) queries: Array,
}

/// What attention needs besides its input.
pub(crate) struct Surroundings<'a> {
    /// The rows of each sequence.
    pub(super) rows: &'a Rows,
    pub(crate) routes: &'a Routes,
    pub(crate) masks: &'a mut Masks,
    pub(crate) device: &'a Device,
    /// Where the last sequence's keys and queries go, if somebody looks.
    pub(crate) observed: Option<&'a mut Vec<Observed>>,
}

impl Attention {
    /// `[rows, hidden]` to the heads' outputs, `[rows, heads · head_dim]`, which are still to go
    /// through `output`; `caches` has this layer's part of each sequence.
    pub(crate) fn forward<'c>(
        &self,
        x: &Array,
        caches: impl Iterator<Item = &'c mut LayerCache>,
        around: &mut Surroundings<'_>,
    ) -> Result<Array> {
        let caches: Vec<_> = caches.collect();
        let positions: Vec<_> = caches.iter().map(|cache| size(cache.len())).collect();
        let [queries, keys, values] = self.project(x, around)?;
        let queries = normed(self.query_norm.as_ref(), &queries)?;
        let queries = self.rotated(&queries, around.rows, &positions)?;
        let keys = normed(self.key_norm.as_ref(), &keys)?;
        let keys = self.rotated(&keys, around.rows, &positions)?;
        let values = around.rows.split(&values)?;
        let mut outputs = Vec::with_capacity(caches.len());
        for (((queries, keys), values), cache) in
            queries.into_iter().zip(keys).zip(values).zip(caches)
        {
            let (kept_keys, kept_values) = cache.append(&keys, &values)?;
            outputs.push(self.attend(&queries, &kept_keys, &kept_values, around.masks)?);
            if let Some(observed) = &mut around.observed {
                observed.push(Observed { keys, queries });
            }
        }
        around.rows.join(outputs)
    }

    pub(crate) fn linears(&self) -> impl Iterator<Item = &Linear> {
        let projections = match &self.qkv {
            Qkv::Separate { query, key, value } => [Some(query), Some(key), Some(value)],
            Qkv::Fused(all) => [Some(all), None, None],
        };
        projections.into_iter().flatten().chain([&self.output])
    }

    /// Queries, keys and values of all rows: `[rows, heads, head_dim]`.
    fn project(&self, x: &Array, around: &Surroundings<'_>) -> Result<[Array; 3]> {
        let forward = |linear: &Linear| linear.forward(x, around.routes, around.device);
        let split = |array: Array, heads: i32| array.reshape(&[x.dim(0), heads, self.head_dim]);
        let [queries, keys, values] = match &self.qkv {
            Qkv::Separate { query, key, value } => {
                [forward(query)?, forward(key)?, forward(value)?]
            }
            Qkv::Fused(all) => {
                let all = forward(all)?;
                let first = self.heads * self.head_dim;
                let second = first + self.kv_heads * self.head_dim;
                [
                    all.try_index((.., ..first))?,
                    all.try_index((.., first..second))?,
                    all.try_index((.., second..))?,
                ]
            }
        };
        Ok([
            split(queries, self.heads)?,
            split(keys, self.kv_heads)?,
            split(values, self.kv_heads)?,
        ])
    }

    /// `[rows, heads, head_dim]` to `[1, heads, tokens, head_dim]` of each sequence, the first
    /// token of which is at its position.
    fn rotated(&self, x: &Array, rows: &Rows, positions: &[i32]) -> Result<Vec<Array>> {
        if rows.are_single() {
            return rows.cut(&self.rope.rotate(&x.expand_dims(2)?, positions)?);
        }
        let parts = rows.split(x)?.into_iter().zip(positions.chunks(1));
        parts
            .map(|(part, position)| self.rope.rotate(&part, position))
            .collect()
    }

    /// `[1, heads, tokens, head_dim]` queries over what they may see.
    fn attend(
        &self,
        queries: &Array,
        keys: &Kept,
        values: &Kept,
        masks: &mut Masks,
    ) -> Result<Array> {
        let new = queries.dim(2);
        let seen = size(keys.tokens());
        if let (Kept::Full(keys), Kept::Full(values), None) = (keys, values, self.softcap) {
            let scale = self.scale;
            return if new == 1 {
                scaled_dot_product_attention(queries, keys, values, scale, None, None)
            } else if self.window.is_none_or(|window| size(window) >= seen) {
                let mask = ScaledDotProductAttentionMask::Causal;
                scaled_dot_product_attention(queries, keys, values, scale, Some(mask), None)
            } else {
                let mask = masks.get(new, seen, self.window);
                scaled_dot_product_attention(queries, keys, values, scale, mask, None)
            };
        }
        self.attend_step_by_step(queries, keys, values, masks)
    }

    /// Attention for what MLX's own has no place for: capped scores, and quantised keys.
    fn attend_step_by_step(
        &self,
        queries: &Array,
        keys: &Kept,
        values: &Kept,
        masks: &mut Masks,
    ) -> Result<Array> {
        let (new, seen) = (queries.dim(2), size(keys.tokens()));
        let group = self.heads / self.kv_heads;
        let number = |n: f32| Array::from_f32(n).as_dtype(queries.dtype());
        let queries = ops::multiply(queries, number(self.scale)?)?;
        // One more dimension: the query heads that share a head of keys.
        let queries = queries.reshape(&[1, self.kv_heads, group, new, self.head_dim])?;
        let mut scores = keys.times(&queries, Side::Transposed)?;
        if let Some(cap) = self.softcap {
            let capped = ops::tanh(ops::divide(scores, number(cap)?)?)?;
            scores = ops::multiply(capped, number(cap)?)?;
        }
        if new > 1 {
            let mask = masks.get(new, seen, self.window);
            scores = ops::select(mask, scores, number(f32::MIN)?)?;
        }
        let weights = ops::softmax_axis(scores, -1, true)?;
        let output = values.times(&weights, Side::AsIs)?;
        output.reshape(&[1, self.heads, new, self.head_dim])
    }
}

/// How the kept keys or values are multiplied from the right.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    AsIs,
    Transposed,
}

impl Kept {
    /// `x · self` or `x · selfᵀ`, with `x` of `[1, kv_heads, group, rows, …]`.
    fn times(&self, x: &Array, side: Side) -> Result<Array> {
        let transposed = side == Side::Transposed;
        match self {
            Self::Full(array) => {
                let array = array.expand_dims(2)?;
                if transposed {
                    ops::matmul(x, array.swap_axes(-1, -2)?)
                } else {
                    ops::matmul(x, array)
                }
            }
            Self::Quantized {
                parts: [words, scales, biases],
                bits,
            } => {
                let (words, scales) = (words.expand_dims(2)?, scales.expand_dims(2)?);
                let biases = biases.expand_dims(2)?;
                let group = KV_GROUP;
                ops::quantized_matmul(x, words, scales, &biases, transposed, group, *bits)
            }
        }
    }
}

fn normed(norm: Option<&Norm>, x: &Array) -> Result<Array> {
    norm.map_or_else(|| Ok(x.clone()), |norm| norm.forward(x))
}
