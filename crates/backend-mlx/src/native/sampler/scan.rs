//! The first look at the logits: the likeliest, and whether they can be chosen by at all.

/// The likeliest token; of equals the one with the lowest id.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Highest {
    pub(super) id: u32,
    pub(super) logit: f32,
}

/// How many logits are compared side by side, which the compiler makes vectors of.
const LANES: usize = 8;

/// How many logits are looked through for the one that is highest.
const CHUNK: usize = 32 * LANES;

/// The highest logit; none where one is NaN or +inf, or all are −inf.
pub(super) fn highest(logits: &[f32]) -> Option<Highest> {
    let mut best = (f32::NEG_INFINITY, 0);
    for (index, chunk) in logits.chunks(CHUNK).enumerate() {
        let most = highest_of(chunk)?;
        if most > best.0 {
            best = (most, index);
        }
    }
    let (logit, index) = best;
    if logit.is_infinite() {
        return None;
    }
    let start = index * CHUNK;
    // It is the highest, so that nothing is above it, and nothing is NaN.
    let within = logits[start..].iter().position(|other| *other >= logit)?;
    let id = u32::try_from(start + within).ok()?;
    Some(Highest { id, logit })
}

/// The highest of a chunk; none where one is NaN.
fn highest_of(chunk: &[f32]) -> Option<f32> {
    let mut most = [f32::NEG_INFINITY; LANES];
    let mut nan = [false; LANES];
    let (whole, rest) = chunk.as_chunks::<LANES>();
    for logits in whole {
        for lane in 0..LANES {
            most[lane] = greater(most[lane], logits[lane]);
            nan[lane] |= logits[lane].is_nan();
        }
    }
    if nan.contains(&true) || rest.iter().any(|logit| logit.is_nan()) {
        return None;
    }
    Some(
        most.iter()
            .chain(rest)
            .copied()
            .fold(f32::NEG_INFINITY, greater),
    )
}

fn greater(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_highest_is_found_at_every_place() {
        for length in [1, 7, 8, 9, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5] {
            for id in 0..length {
                let mut logits = vec![-1.0; length];
                logits[id..].fill(2.5);
                let found = highest(&logits).expect("numbers");
                assert_eq!((found.id as usize, found.logit), (id, 2.5), "of {length}");
            }
        }
    }

    #[test]
    fn what_is_no_number_is_found_at_every_place() {
        for length in [1, 8, 13, CHUNK + 3] {
            for place in 0..length {
                for bad in [f32::NAN, -f32::NAN, f32::INFINITY] {
                    let mut logits = vec![0.0; length];
                    logits[place] = bad;
                    assert_eq!(highest(&logits), None, "{bad} at {place} of {length}");
                }
            }
        }
        assert_eq!(highest(&[f32::NEG_INFINITY; 20]), None);
        assert_eq!(highest(&[]), None);
    }
}
