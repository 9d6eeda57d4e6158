//! The network of a model, and passes through it.

mod attention;
mod build;
mod inventory;
mod linear;
mod mask;
mod matrix;
mod mlp;
mod norm;
mod pass;
mod rope;
mod rope_spec;
mod rows;
mod spec;
#[cfg(test)]
mod tests;

use mlx_rs::Array;
use mlx_rs::error::Result;
use mlx_rs::ops;

pub(crate) use attention::Observed;
pub(crate) use linear::Linear;
pub(crate) use matrix::{Affine, Matrix};
pub(crate) use pass::{Input, Pass};
pub(crate) use rope::size;
pub(crate) use spec::{Activation, Biases, LayerSpec, Projections, RopeSpec, Spec};

use super::cache::{Cache, KvKind};
use super::device::Device;
use attention::Attention;
use linear::Routes;
use mlp::Mlp;
use norm::Norm;

/// The network of a model: weights, and what is done with them. It stays on the MLX thread.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) spec: Spec,
    device: Device,
    embedding: Matrix,
    layers: Vec<Layer>,
    norm: Norm,
    /// `None` where the embedding is used.
    head: Option<Linear>,
}

/// Attention and a feed-forward part, each behind a norm and added to the residual stream.
#[derive(Debug)]
struct Layer {
    attention_norm: Norm,
    attention: Attention,
    attention_output_norm: Option<Norm>,
    mlp_norm: Norm,
    mlp: Mlp,
    mlp_output_norm: Option<Norm>,
}

impl Network {
    /// An empty cache for one sequence.
    pub(crate) fn cache(&self, kind: KvKind) -> Cache {
        Cache::new(&self.spec, kind)
    }

    /// Bytes of keys and values that a sequence of so many tokens needs, roughly: windows are
    /// taken into account, room to grow is not.
    pub(crate) fn kv_bytes(&self, tokens: usize, kind: KvKind) -> usize {
        let number = match kind {
            KvKind::Full => 32,
            // A scale and a bias for each group.
            KvKind::Quantized { bits } => {
                usize::try_from(bits).unwrap_or(8) + 64 / super::cache::KV_GROUP as usize
            }
        };
        let number = match (kind, &self.device) {
            (KvKind::Full, Device::Metal) => 16,
            _ => number,
        };
        let token = 2 * self.spec.kv_heads * self.spec.head_dim * number / 8;
        let kept = |window: Option<usize>| window.map_or(tokens, |window| tokens.min(window));
        let layers = self.spec.layers.iter();
        layers.map(|layer| kept(layer.window) * token).sum()
    }

    /// The type that the network computes in: single precision on the CPU, that of its norms on
    /// Metal.
    pub(crate) fn dtype(&self) -> mlx_rs::Dtype {
        self.norm.weight.dtype()
    }

    /// Every linear layer that an adapter can change.
    pub(crate) fn linears(&self) -> impl Iterator<Item = &Linear> {
        let layers = self.layers.iter();
        let inner = layers.flat_map(|layer| layer.attention.linears().chain(layer.mlp.linears()));
        inner.chain(&self.head)
    }

    fn embed(&self, tokens: &[u32]) -> Result<Array> {
        let indices = Array::from_slice(tokens, &[size(tokens.len())]);
        let rows = self.embedding.rows(&indices)?;
        let rows = match self.device {
            Device::Cpu(_) => rows.as_dtype(mlx_rs::Dtype::Float32)?,
            Device::Metal => rows,
        };
        match self.spec.embedding_scale {
            Some(scale) => ops::multiply(&rows, Array::from_f32(scale).as_dtype(rows.dtype())?),
            None => Ok(rows),
        }
    }

    /// Logits of `[rows, hidden]`, in single precision.
    fn logits(&self, x: &Array, routes: &Routes) -> Result<Array> {
        let x = self.norm.forward(x)?;
        let logits = match &self.head {
            Some(head) => head.forward(&x, routes, &self.device)?,
            None => self.embedding.product(&x, &self.device)?,
        };
        let logits = logits.as_dtype(mlx_rs::Dtype::Float32)?;
        match self.spec.logit_softcap {
            Some(cap) => {
                let cap = Array::from_f32(cap);
                ops::multiply(ops::tanh(ops::divide(logits, &cap)?)?, cap)
            }
            None => Ok(logits),
        }
    }
}
