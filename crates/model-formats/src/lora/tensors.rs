//! From single matrices to modules that fit together.

use std::collections::BTreeMap;

use super::orientation::{Orientation, Shapes, decide};
use super::{LoraFault, LoraModule, matrix};
use crate::Tensor;

/// Which matrix of a module a tensor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    A,
    B,
}

impl Part {
    pub(super) fn letter(self) -> char {
        match self {
            Self::A => 'a',
            Self::B => 'b',
        }
    }
}

/// Matrices by module, as they come.
#[derive(Debug, Default)]
pub(super) struct Pairs(BTreeMap<String, [Option<Tensor>; 2]>);

/// A module's matrices, as they lie.
type Pair = (Tensor, Tensor);

/// The last part of the paths of embeddings, whose adapters mean something else.
const EMBEDDINGS: &[&str] = &["embed_tokens", "word_embeddings", "tok_embeddings", "wte"];

impl Pairs {
    /// Adds a matrix.
    pub(super) fn insert(
        &mut self,
        module: &str,
        part: Part,
        matrix: Tensor,
    ) -> Result<(), LoraFault> {
        let name = module.rsplit('.').next().unwrap_or(module);
        if EMBEDDINGS.contains(&name) {
            return Err(LoraFault::Unsupported {
                what: format!("LoRA of the embedding {module}"),
            });
        }
        let pair = self.0.entry(module.to_owned()).or_default();
        match pair[part as usize].replace(matrix) {
            None => Ok(()),
            Some(_) => Err(LoraFault::Twice {
                module: module.to_owned(),
                matrix: part.letter(),
            }),
        }
    }

    /// The modules, when all matrices are there. `rank` and `scale` are what is declared.
    pub(super) fn modules(
        self,
        declared: Orientation,
        rank: impl Fn(&str) -> usize,
        scale: impl Fn(&str) -> f64,
    ) -> Result<BTreeMap<String, LoraModule>, LoraFault> {
        let pairs = self.complete()?;
        let shapes = pairs.iter().map(|(module, (a, b))| Shapes {
            module,
            a: &a.shape,
            b: &b.shape,
            rank: rank(module),
        });
        let orientation = decide(shapes, declared)?;
        let modules = pairs.into_iter().map(|(module, (a, b))| {
            let scale = scale(&module);
            check(&module, scale, rank(&module))?;
            let (a, b) = match orientation {
                Orientation::InputFirst => (a, b),
                Orientation::RankFirst => (matrix::transpose(&a), matrix::transpose(&b)),
            };
            Ok((module, LoraModule { a, b, scale }))
        });
        modules.collect()
    }

    fn complete(self) -> Result<BTreeMap<String, Pair>, LoraFault> {
        if self.0.is_empty() {
            return Err(LoraFault::Empty);
        }
        let complete = self.0.into_iter().map(|(module, pair)| {
            let missing = |part: Part| LoraFault::MissingMatrix {
                module: module.clone(),
                matrix: part.letter(),
            };
            match pair {
                [Some(a), Some(b)] if a.dtype.is_float() && a.dtype == b.dtype => {
                    Ok((module, (a, b)))
                }
                [Some(a), Some(b)] => Err(LoraFault::Dtype {
                    module,
                    a: a.dtype,
                    b: b.dtype,
                }),
                [None, _] => Err(missing(Part::A)),
                [_, None] => Err(missing(Part::B)),
            }
        });
        complete.collect()
    }
}

/// Checks what is declared of a module.
fn check(module: &str, scale: f64, rank: usize) -> Result<(), LoraFault> {
    if rank == 0 {
        return Err(LoraFault::BadField {
            field: format!("rank of {module}"),
            value: rank.to_string(),
        });
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range is what is checked"
    )]
    let single = scale as f32;
    if !single.is_finite() || single == 0.0 {
        return Err(LoraFault::BadField {
            field: format!("scale of {module}"),
            value: scale.to_string(),
        });
    }
    Ok(())
}
