//! Random numbers that are the same everywhere and in every version.

/// xoshiro256++ 1.0 (Blackman and Vigna 2019, <https://prng.di.unimi.it>), filled by `SplitMix64`
/// from a seed. Not for secrets.
///
/// What a seed yields never changes: recorded intervals, p-values and generated probes depend on it.
#[derive(Debug, Clone)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The generator of this seed.
    pub fn seeded(seed: u64) -> Self {
        let mut at = seed;
        let state = std::array::from_fn(|_| {
            at = at.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (at ^ (at >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        });
        Self { state }
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let bits = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        bits
    }

    /// An index below `count`, each as likely as the others; 0 for a count of 0.
    ///
    /// Lemire's method (2019, "Fast random integer generation in an interval").
    pub fn below(&mut self, count: usize) -> usize {
        let count = count as u64;
        let mut product = u128::from(self.bits()) * u128::from(count);
        if low(product) < count {
            let rejected = count.wrapping_neg() % count;
            while low(product) < rejected {
                product = u128::from(self.bits()) * u128::from(count);
            }
        }
        high(product)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
fn low(product: u128) -> u64 {
    product as u64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "it is below a count, which is a usize"
)]
fn high(product: u128) -> usize {
    (product >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_of_none_and_of_one_leave_no_choice() {
        let mut random = Random::seeded(0);
        assert_eq!(random.below(0), 0);
        assert_eq!(random.below(1), 0);
    }

    #[test]
    fn every_index_is_as_likely() {
        let mut random = Random::seeded(1);
        let mut seen = [0_u32; 7];
        for _ in 0..70_000 {
            seen[random.below(7)] += 1;
        }
        // Five standard deviations of a binomial count are 463.
        assert!(
            seen.iter().all(|count| count.abs_diff(10_000) < 463),
            "{seen:?}"
        );
    }
}
