//! A logit and its token in one number, which orders by likelihood.

/// Greater is likelier; of equal logits the lower id is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

const SIGN: u32 = 1 << 31;

impl Key {
    /// The logit must not be NaN. −0 and 0 are equal logits.
    pub(super) fn new(logit: f32, id: u32) -> Self {
        // Adding 0 makes 0 of −0. The bits of floats order like signed magnitudes.
        let bits = (logit + 0.0).to_bits();
        let ordered = if bits & SIGN == 0 { bits | SIGN } else { !bits };
        Self(u64::from(ordered) << 32 | u64::from(!id))
    }

    /// A key for each logit, in the order of ids.
    pub(super) fn all(logits: &[f32]) -> impl Iterator<Item = Self> + '_ {
        (0..).zip(logits).map(|(id, logit)| Self::new(*logit, id))
    }

    pub(super) fn logit(self) -> f32 {
        let ordered = (self.0 >> 32) as u32;
        let bits = if ordered & SIGN == 0 {
            !ordered
        } else {
            ordered & !SIGN
        };
        f32::from_bits(bits)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
    pub(super) fn id(self) -> u32 {
        !(self.0 as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_by_logit_and_then_by_the_lower_id() {
        let falling = [
            (f32::MAX, 7),
            (1.5, 0),
            (1.0, 3),
            (1.0, 4),
            (0.0, 1),
            (-0.0, 2),
            (-1e-40, 9),
            (-1.0, 5),
            (f32::MIN, 6),
            (f32::NEG_INFINITY, 8),
        ];
        let keys = falling.map(|(logit, id)| Key::new(logit, id));
        assert!(keys.is_sorted_by(|a, b| a > b), "{keys:?}");
        for ((logit, id), key) in falling.into_iter().zip(keys) {
            assert_eq!((key.logit(), key.id()), (logit, id));
        }
    }
}
