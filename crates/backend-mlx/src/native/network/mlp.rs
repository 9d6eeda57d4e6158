//! The feed-forward part of a layer.

use mlx_rs::error::Result;
use mlx_rs::ops::indexing::TryIndexOp as _;
use mlx_rs::{Array, ops};

use super::linear::{Linear, Routes};
use super::spec::Activation;
use crate::native::device::Device;

/// `down(activation(gate(x)) · up(x))`.
#[derive(Debug)]
pub(crate) struct Mlp {
    pub(crate) gate_up: GateUp,
    pub(crate) down: Linear,
    pub(crate) activation: Activation,
}

/// The two matrices, or one with both: gate first.
#[derive(Debug)]
pub(crate) enum GateUp {
    Separate { gate: Linear, up: Linear },
    Fused(Linear),
}

impl Mlp {
    pub(crate) fn forward(&self, x: &Array, routes: &Routes, device: &Device) -> Result<Array> {
        let (gate, up) = match &self.gate_up {
            GateUp::Separate { gate, up } => (
                gate.forward(x, routes, device)?,
                up.forward(x, routes, device)?,
            ),
            GateUp::Fused(both) => {
                let both_outputs = both.forward(x, routes, device)?;
                let half = both_outputs.dim(-1) / 2;
                (
                    both_outputs.try_index((.., ..half))?,
                    both_outputs.try_index((.., half..))?,
                )
            }
        };
        let product = ops::multiply(self.activation.of(&gate)?, up)?;
        self.down.forward(&product, routes, device)
    }

    pub(crate) fn linears(&self) -> impl Iterator<Item = &Linear> {
        let [first, second] = match &self.gate_up {
            GateUp::Separate { gate, up } => [Some(gate), Some(up)],
            GateUp::Fused(both) => [Some(both), None],
        };
        first.into_iter().chain(second).chain([&self.down])
    }
}

impl Activation {
    /// Written out rather than taken from MLX's compiled functions, for which MLX runs a C++
    /// compiler on the CPU.
    fn of(self, x: &Array) -> Result<Array> {
        match self {
            Self::Silu => ops::multiply(x, ops::sigmoid(x)?),
            Self::GeluTanh => gelu_tanh(x),
        }
    }
}

/// `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))`.
fn gelu_tanh(x: &Array) -> Result<Array> {
    let number = |n: f32| Array::from_f32(n).as_dtype(x.dtype());
    let cube = ops::multiply(ops::multiply(x, x)?, x)?;
    let inner = ops::add(x, ops::multiply(cube, number(0.044_715)?)?)?;
    let root = (2.0 / std::f32::consts::PI).sqrt();
    let gate = ops::tanh(ops::multiply(inner, number(root)?)?)?;
    let half = ops::multiply(x, number(0.5)?)?;
    ops::multiply(half, ops::add(gate, number(1.0)?)?)
}
