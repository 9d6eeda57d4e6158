//! Which way round an adapter's matrices lie, read from their shapes.

use super::LoraFault;

/// Which way round both matrices of all modules lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Orientation {
    /// `[input, rank]` and `[rank, output]`, as mlx-lm has them.
    InputFirst,
    /// `[rank, input]` and `[output, rank]`, as PEFT has them.
    RankFirst,
}

/// The shapes of a module's matrices, and its rank.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shapes<'a> {
    pub(super) module: &'a str,
    pub(super) a: &'a [usize],
    pub(super) b: &'a [usize],
    pub(super) rank: usize,
}

impl Shapes<'_> {
    /// The only way round that fits the rank; `None` where both do.
    fn orientation(&self) -> Result<Option<Orientation>, LoraFault> {
        let rank = self.rank;
        let (input_first, rank_first) = match (self.a, self.b) {
            (&[a0, a1], &[b0, b1]) => (a1 == rank && b0 == rank, a0 == rank && b1 == rank),
            _ => (false, false),
        };
        match (input_first, rank_first) {
            (true, true) => Ok(None),
            (true, false) => Ok(Some(Orientation::InputFirst)),
            (false, true) => Ok(Some(Orientation::RankFirst)),
            (false, false) => Err(LoraFault::Shape {
                module: self.module.to_owned(),
                a: self.a.to_vec(),
                b: self.b.to_vec(),
                rank,
            }),
        }
    }
}

/// The one way round in which all modules fit their ranks; `declared` where both fit all.
pub(super) fn decide<'a>(
    modules: impl Iterator<Item = Shapes<'a>>,
    declared: Orientation,
) -> Result<Orientation, LoraFault> {
    let mut found: Option<(Orientation, &str)> = None;
    for shapes in modules {
        match (found, shapes.orientation()?) {
            (None, Some(orientation)) => found = Some((orientation, shapes.module)),
            (Some((before, other)), Some(orientation)) if before != orientation => {
                return Err(LoraFault::MixedOrientation {
                    module: shapes.module.to_owned(),
                    other: other.to_owned(),
                });
            }
            _ => {}
        }
    }
    Ok(found.map_or(declared, |(orientation, _)| orientation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(modules: &[([usize; 2], [usize; 2])], expected: &str) {
        for declared in [Orientation::InputFirst, Orientation::RankFirst] {
            let shapes = modules.iter().map(|(a, b)| Shapes {
                module: "m",
                a,
                b,
                rank: 8,
            });
            let found = match decide(shapes, declared) {
                Ok(orientation) => format!("{orientation:?}"),
                Err(error) => error.to_string(),
            };
            let expected = match expected {
                "declared" => format!("{declared:?}"),
                other => other.to_owned(),
            };
            assert!(found.contains(&expected), "{found} is not {expected}");
        }
    }

    #[test]
    fn shapes_decide_before_the_declared_layout() {
        check(&[([576, 8], [8, 64])], "InputFirst");
        check(&[([8, 576], [64, 8])], "RankFirst");
        check(&[([8, 8], [8, 64])], "InputFirst");
        check(&[([8, 8], [8, 8])], "declared");
        check(&[([8, 8], [8, 8]), ([8, 576], [64, 8])], "RankFirst");
    }

    #[test]
    fn shapes_that_fit_no_way_round_are_refused() {
        check(&[([576, 8], [64, 8])], "do not fit rank 8");
        check(&[([576, 4], [4, 64])], "do not fit rank 8");
        let mixed = [([576, 8], [8, 64]), ([8, 576], [64, 8])];
        check(&mixed, "the other way round");
    }
}
