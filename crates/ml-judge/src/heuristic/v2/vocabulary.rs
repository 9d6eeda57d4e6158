//! How many different words a text has, up to a bound.

/// Slots, of which at most half are taken.
const SLOTS: usize = 512;

/// The most that is counted.
const MOST: usize = SLOTS / 2;

/// A set of words' hashes that takes no more once it is half full.
#[derive(Debug)]
pub(super) struct Vocabulary {
    slots: [u64; SLOTS],
    len: usize,
}

impl Vocabulary {
    pub(super) fn new() -> Self {
        Self {
            slots: [0; SLOTS],
            len: 0,
        }
    }

    pub(super) fn insert(&mut self, hash: u64) {
        if self.len == MOST {
            return;
        }
        let hash = hash.max(1);
        #[expect(clippy::cast_possible_truncation, reason = "any bits will do")]
        let mut slot = (hash ^ (hash >> 32)) as usize % SLOTS;
        while self.slots[slot] != hash {
            if self.slots[slot] == 0 {
                self.slots[slot] = hash;
                self.len += 1;
                return;
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    /// How many were inserted, 256 at most.
    pub(super) fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_words_are_counted_once_and_up_to_a_bound() {
        let mut vocabulary = Vocabulary::new();
        for hash in [0, 7, 7, 7 + 512, 1 << 32] {
            vocabulary.insert(hash);
        }
        assert_eq!(vocabulary.len(), 4);
        (0..10_000).for_each(|hash| vocabulary.insert(hash));
        assert_eq!(vocabulary.len(), MOST);
    }
}
