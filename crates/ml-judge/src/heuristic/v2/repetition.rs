//! Which share of a text's sequences of four words repeats an earlier one.

/// Words of a sequence.
const N: usize = 4;

/// Sequences that are compared with one another. The share grows with the length of what is
/// compared, so texts of any length are taken by windows of this many.
const WINDOW: usize = 1024;

/// Twice as many, so that at most half are taken.
const SLOTS: usize = 2 * WINDOW;

/// Counts sequences of four words and those among them that were there before, within windows of
/// 1,024 sequences.
#[derive(Debug)]
pub(super) struct Repetition {
    slots: Box<[u64; SLOTS]>,
    last: [u64; N],
    words: usize,
    /// Sequences in this window.
    here: usize,
    sequences: u32,
    repeated: u32,
}

impl Repetition {
    pub(super) fn new() -> Self {
        Self {
            slots: Box::new([0; SLOTS]),
            last: [0; N],
            words: 0,
            here: 0,
            sequences: 0,
            repeated: 0,
        }
    }

    /// Takes the hash of the next word.
    pub(super) fn push(&mut self, hash: u64) {
        self.last[self.words % N] = hash;
        self.words += 1;
        if self.words < N {
            return;
        }
        if self.here == WINDOW {
            self.slots.fill(0);
            self.here = 0;
        }
        self.here += 1;
        self.sequences = self.sequences.saturating_add(1);
        let seen = self.seen(self.sequence());
        self.repeated = self.repeated.saturating_add(u32::from(seen));
    }

    /// A hash of the last four words in their order.
    fn sequence(&self) -> u64 {
        let mut hash: u64 = 0;
        for back in (1..=N).rev() {
            let word = self.last[(self.words - back) % N];
            hash = (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        hash.max(1)
    }

    /// Whether the sequence was there before; from now on it was.
    fn seen(&mut self, sequence: u64) -> bool {
        let mut slot = (sequence >> 40) as usize % SLOTS;
        while self.slots[slot] != 0 {
            if self.slots[slot] == sequence {
                return true;
            }
            slot = (slot + 1) % SLOTS;
        }
        self.slots[slot] = sequence;
        false
    }

    /// The share of sequences that were there before, from 0 to 1.
    pub(super) fn share(&self) -> f64 {
        f64::from(self.repeated) / f64::from(self.sequences.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: impl IntoIterator<Item = u64>, expected: f64) {
        let mut repetition = Repetition::new();
        words.into_iter().for_each(|word| repetition.push(word));
        assert!(
            (repetition.share() - expected).abs() < 1e-9,
            "{}",
            repetition.share()
        );
    }

    #[test]
    fn repeated_sequences_are_counted() {
        check([], 0.0);
        check([1, 2, 3], 0.0);
        check(0..5000, 0.0);
        // 15 words are 12 sequences, of which 3 are different.
        check([1, 2, 3].repeat(5), 0.75);
        check([7; 13], 0.9);
        // The order of words matters.
        check([1, 2, 3, 4, 9, 4, 3, 2, 1], 0.0);
    }

    #[test]
    fn texts_of_any_length_are_compared_within_windows() {
        let far = (0..5000).chain(0..5000);
        check(far, 0.0);
        check([1, 2, 3].repeat(10_000), 1.0 - 30.0 * 3.0 / 29_997.0);
    }
}
