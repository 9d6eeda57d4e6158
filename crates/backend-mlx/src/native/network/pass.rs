//! A pass of tokens through the network, which can be paused between layers.

use std::rc::Rc;

use mlx_rs::error::Result;
use mlx_rs::ops::indexing::take_axis;
use mlx_rs::transforms::eval;
use mlx_rs::{Array, ops};

use super::attention::Surroundings;
use super::linear::Routes;
use super::mask::Masks;
use super::rope::size;
use super::rows::Rows;
use super::{Layer, Network, Norm, Observed};
use crate::native::adapter::Adapter;
use crate::native::cache::{Cache, LayerCache};
use crate::native::device::Device;

/// The tokens of one sequence that go through the network.
#[derive(Debug, Clone)]
pub(crate) struct Input<'a> {
    /// One or more, each below the size of the vocabulary: MLX does not check.
    pub(crate) tokens: &'a [u32],
    pub(crate) adapter: Option<Rc<Adapter>>,
    /// Whether the logits after the last token are wanted.
    pub(crate) logits: bool,
}

/// A pass on its way. The rows of all its sequences go through the matrices together; attention
/// is each sequence's own, so that their lengths may differ and nothing is padded.
#[derive(Debug)]
pub(crate) struct Pass {
    /// The residual stream, `[rows, hidden]`; after the last layer, that of the wanted rows.
    x: Array,
    /// The layers that it has been through.
    done: usize,
    rows: Rows,
    routes: Routes,
    masks: Masks,
    wanted: Wanted,
}

/// The rows whose logits are wanted, and the adapters that these go through. After the attention
/// of the last layer only they go on.
#[derive(Debug)]
struct Wanted {
    rows: Vec<i32>,
    routes: Routes,
}

impl Network {
    /// Starts a pass: the embeddings of the tokens. Nothing is computed yet.
    pub(crate) fn begin(&self, inputs: &[Input<'_>]) -> Result<Pass> {
        let mut tokens = Vec::new();
        let mut last_rows = Vec::new();
        for input in inputs {
            tokens.extend_from_slice(input.tokens);
            if input.logits {
                last_rows.push(size(tokens.len()) - 1);
            }
        }
        let lengths = inputs.iter().map(|input| input.tokens.len());
        let wanted = inputs.iter().filter(|input| input.logits);
        Ok(Pass {
            x: self.embed(&tokens)?,
            done: 0,
            rows: Rows::new(lengths.clone()),
            routes: routes(inputs.iter().zip(lengths)),
            masks: Masks::default(),
            wanted: Wanted {
                rows: last_rows,
                routes: routes(wanted.map(|input| (input, 1))),
            },
        })
    }

    /// Takes a pass through its next layers, and computes them. The caches are those of its
    /// sequences, in their order; each grows by its tokens.
    pub(crate) fn advance(
        &self,
        pass: &mut Pass,
        caches: &mut [&mut Cache],
        layers: usize,
    ) -> Result<()> {
        self.put_through(pass, caches, layers, None)?;
        let kept = caches.iter().flat_map(|cache| cache.arrays());
        eval(kept.chain([&pass.x]))
    }

    /// The logits after the last tokens of the inputs that want them, in their order.
    pub(crate) fn finish(&self, pass: &Pass) -> Result<Vec<Vec<f32>>> {
        let Some(logits) = self.outputs(pass)? else {
            return Ok(Vec::new());
        };
        logits.eval()?;
        Ok(rows_of(&logits))
    }

    /// A whole pass in one computation.
    pub(crate) fn forward(
        &self,
        inputs: &[Input<'_>],
        caches: &mut [&mut Cache],
    ) -> Result<Vec<Vec<f32>>> {
        let mut pass = self.begin(inputs)?;
        self.put_through(&mut pass, caches, self.layers.len(), None)?;
        let logits = self.outputs(&pass)?;
        let kept = caches.iter().flat_map(|cache| cache.arrays());
        eval(kept.chain(&logits))?;
        Ok(logits.map_or_else(Vec::new, |logits| rows_of(&logits)))
    }

    /// The keys and queries of every layer for one sequence from its beginning.
    pub(crate) fn observe(&self, tokens: &[u32], cache: &mut Cache) -> Result<Vec<Observed>> {
        let input = Input {
            tokens,
            adapter: None,
            logits: false,
        };
        let mut observed = Vec::with_capacity(self.layers.len());
        let mut pass = self.begin(&[input])?;
        let all = self.layers.len();
        self.put_through(&mut pass, &mut [cache], all, Some(&mut observed))?;
        eval(
            observed
                .iter()
                .flat_map(|layer| [&layer.keys, &layer.queries]),
        )?;
        Ok(observed)
    }

    fn put_through(
        &self,
        pass: &mut Pass,
        caches: &mut [&mut Cache],
        layers: usize,
        mut observed: Option<&mut Vec<Observed>>,
    ) -> Result<()> {
        let end = (pass.done + layers).min(self.layers.len());
        for index in pass.done..end {
            let mut around = Surroundings {
                rows: &pass.rows,
                routes: &pass.routes,
                masks: &mut pass.masks,
                device: &self.device,
                observed: observed.as_deref_mut(),
            };
            let layer = &self.layers[index];
            let own = caches.iter_mut().map(|cache| &mut cache.layers[index]);
            let heads = layer.attend(&pass.x, own, &mut around)?;
            let is_last = index + 1 == self.layers.len();
            if !is_last {
                pass.x = layer.conclude(&pass.x, &heads, &pass.routes, &self.device)?;
            } else if !pass.wanted.rows.is_empty() {
                let Wanted { rows, routes } = &pass.wanted;
                let (x, heads) = (selected(&pass.x, rows)?, selected(&heads, rows)?);
                pass.x = layer.conclude(&x, &heads, routes, &self.device)?;
            }
        }
        pass.done = end;
        Ok(())
    }

    /// The logits of the rows that the last layer left.
    fn outputs(&self, pass: &Pass) -> Result<Option<Array>> {
        if pass.wanted.rows.is_empty() {
            return Ok(None);
        }
        self.logits(&pass.x, &pass.wanted.routes).map(Some)
    }
}

impl Layer {
    /// The layer up to the outputs of its heads, and all that it adds to the caches.
    fn attend<'c>(
        &self,
        x: &Array,
        caches: impl Iterator<Item = &'c mut LayerCache>,
        around: &mut Surroundings<'_>,
    ) -> Result<Array> {
        let x = self.attention_norm.forward(x)?;
        self.attention.forward(&x, caches, around)
    }

    /// The rest of the layer, where each row is on its own.
    fn conclude(
        &self,
        x: &Array,
        heads: &Array,
        routes: &Routes,
        device: &Device,
    ) -> Result<Array> {
        let y = self.attention.output.forward(heads, routes, device)?;
        let x = residual(x, y, self.attention_output_norm.as_ref())?;
        let y = self.mlp_norm.forward(&x)?;
        let y = self.mlp.forward(&y, routes, device)?;
        residual(&x, y, self.mlp_output_norm.as_ref())
    }
}

/// Some rows, in ascending order.
fn selected(array: &Array, rows: &[i32]) -> Result<Array> {
    let count = size(rows.len());
    if count == array.dim(0) {
        return Ok(array.clone());
    }
    take_axis(array, Array::from_slice(rows, &[count]), 0)
}

/// Adds a part's output to the stream, behind its norm where it has one.
fn residual(x: &Array, y: Array, norm: Option<&Norm>) -> Result<Array> {
    match norm {
        Some(norm) => ops::add(x, norm.forward(&y)?),
        None => ops::add(x, y),
    }
}

/// The way of inputs with so many rows each; adjacent rows with the same adapter go together.
fn routes<'a>(inputs: impl Iterator<Item = (&'a Input<'a>, usize)>) -> Routes {
    let mut routes: Routes = Vec::new();
    let mut end = 0;
    for (input, rows) in inputs {
        let start = end;
        end += size(rows);
        match routes.last_mut() {
            Some((last, adapter)) if same(adapter.as_ref(), input.adapter.as_ref()) => {
                last.end = end;
            }
            _ => routes.push((start..end, input.adapter.clone())),
        }
    }
    routes
}

fn same(one: Option<&Rc<Adapter>>, other: Option<&Rc<Adapter>>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => Rc::ptr_eq(one, other),
        _ => false,
    }
}

fn rows_of(logits: &Array) -> Vec<Vec<f32>> {
    let width = usize::try_from(logits.dim(-1)).expect("a dimension is not negative");
    let rows = logits.as_slice::<f32>().chunks_exact(width);
    rows.map(<[f32]>::to_vec).collect()
}
