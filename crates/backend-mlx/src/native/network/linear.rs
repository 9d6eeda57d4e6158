//! A linear layer, with the low-rank changes of adapters.

use std::ops::Range;
use std::rc::Rc;

use mlx_rs::Array;
use mlx_rs::error::Result;
use mlx_rs::ops::indexing::TryIndexOp as _;
use mlx_rs::ops::{self, concatenate};

use super::matrix::Matrix;
use crate::native::adapter::Adapter;
use crate::native::device::Device;

/// `x · Wᵀ + b`.
#[derive(Debug)]
pub(crate) struct Linear {
    /// Its path in the model, such as `model.layers.0.self_attn.q_proj`: what adapters call it.
    pub(crate) name: String,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) weights: Matrix,
    pub(crate) bias: Option<Array>,
}

/// Which rows of a pass go through which adapter; all rows, in order, without gaps.
pub(crate) type Routes = Vec<(Range<i32>, Option<Rc<Adapter>>)>;

impl Linear {
    /// `[rows, inputs]` to `[rows, outputs]`.
    pub(crate) fn forward(&self, x: &Array, routes: &Routes, device: &Device) -> Result<Array> {
        let mut y = self.weights.product(x, device)?;
        if let Some(bias) = &self.bias {
            y = ops::add(y, bias)?;
        }
        let touches = |adapter: &Option<Rc<Adapter>>| {
            let adapter = adapter.as_deref();
            adapter.is_some_and(|adapter| adapter.module(&self.name).is_some())
        };
        if routes.iter().any(|(_, adapter)| touches(adapter)) {
            y = self.adapted(x, &y, routes)?;
        }
        Ok(y)
    }

    /// Adds each adapter's `x · A · B`, which has its scale in it, to the rows that it is for.
    fn adapted(&self, x: &Array, y: &Array, routes: &Routes) -> Result<Array> {
        let mut parts = Vec::with_capacity(routes.len());
        for (rows, adapter) in routes {
            let cut = |array: &Array| match routes.len() {
                1 => Ok(array.clone()),
                _ => array.try_index(rows.clone()),
            };
            let own = cut(y)?;
            let module = adapter.as_deref().and_then(|a| a.module(&self.name));
            parts.push(match module {
                Some((a, b)) => {
                    let change = ops::matmul(ops::matmul(cut(x)?, a)?, b)?;
                    ops::add(own, change)?
                }
                None => own,
            });
        }
        match <[Array; 1]>::try_from(parts) {
            Ok([only]) => Ok(only),
            Err(parts) => concatenate(&parts, 0),
        }
    }
}
