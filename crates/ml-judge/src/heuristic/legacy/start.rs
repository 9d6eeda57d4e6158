//! Where phrases may begin.

use super::fold;

/// Whether each byte belongs to a word.
const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = fold::is_word(byte);
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

/// The places of a text where a word begins, or where one ends before a byte beyond ASCII: a phrase
/// with ſ or the Kelvin sign for its first letter begins there.
///
/// Bits of 64 bytes are looked at together, which spares a branch for every byte.
#[derive(Debug)]
pub(super) struct Starts<'a> {
    /// What is left of the text.
    rest: &'a [u8],
    /// How much of the text was looked at.
    seen: usize,
    /// The places among the last 64 bytes looked at that are still to be told, as bits.
    places: u64,
    /// Whether the last byte looked at belongs to a word.
    in_word: bool,
}

impl<'a> Starts<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            rest: text,
            seen: 0,
            places: 0,
            in_word: false,
        }
    }

    /// Looks at the next 64 bytes, or at those that are left.
    fn advance(&mut self, block: &[u8]) {
        let mut word = 0_u64;
        let mut beyond_ascii = 0_u64;
        for (bit, &byte) in block.iter().enumerate() {
            word |= u64::from(WORD[usize::from(byte)]) << bit;
            beyond_ascii |= u64::from(byte >> 7) << bit;
        }
        let after_word = word << 1 | u64::from(self.in_word);
        self.places = (word & !after_word) | (beyond_ascii & after_word);
        self.in_word = word >> 63 == 1;
        self.seen += 64;
    }
}

impl Iterator for Starts<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.places == 0 {
            if self.rest.is_empty() {
                return None;
            }
            let (block, rest) = self.rest.split_at(self.rest.len().min(64));
            self.rest = rest;
            self.advance(block);
        }
        let bit = self.places.trailing_zeros() as usize;
        self.places &= self.places - 1;
        Some(self.seen - 64 + bit)
    }
}
