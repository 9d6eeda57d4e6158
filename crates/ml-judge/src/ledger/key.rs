//! What makes two pieces of work the same.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Names a piece of work by its content: the first 128 bits of a SHA-256 hash, for which
/// processors have instructions. Among 10⁹ pieces of work the chance that any two share a key is
/// below 10⁻²⁰.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key([u8; 16]);

impl Key {
    /// A key of these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Half of it, which is as evenly spread as the whole.
    pub(super) fn fingerprint(self) -> u64 {
        let [low, high, ..] = self.quarters().map(u64::from);
        low | high << 32
    }

    /// Its four parts.
    pub(super) fn quarters(self) -> [u32; 4] {
        let number = u128::from_le_bytes(self.0);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a part is what is asked for"
        )]
        [0, 32, 64, 96].map(|shift| (number >> shift) as u32)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Makes a [`Key`] of parts. Every part is written with its length, so that no two lists of
/// parts are the same bytes. A copy goes on from the parts so far and allocates nothing.
#[derive(Debug, Clone)]
pub struct KeyHasher {
    hash: Sha256,
}

impl KeyHasher {
    /// Starts a key of work of a kind. The kind holds the version of what follows: it changes
    /// with the choice or order of parts.
    pub fn new(kind: &str) -> Self {
        let mut hasher = Self {
            hash: Sha256::new(),
        };
        hasher.text(kind);
        hasher
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.number(text.len() as u64);
        self.hash.update(text);
        self
    }

    /// Adds a text that may be missing, which is another thing than an empty one.
    pub fn optional(&mut self, text: Option<&str>) -> &mut Self {
        self.number(u64::from(text.is_some()));
        match text {
            Some(text) => self.text(text),
            None => self,
        }
    }

    /// Adds a number.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.hash.update(number.to_le_bytes());
        self
    }

    /// The key of the parts so far.
    pub fn finish(&self) -> Key {
        let hash = self.hash.clone().finalize();
        let mut key = [0; 16];
        key.copy_from_slice(&hash[..16]);
        Key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lists_of_parts_have_the_same_key() {
        let key = |parts: &[&str]| {
            let mut hasher = KeyHasher::new("test");
            for part in parts {
                hasher.text(part);
            }
            hasher.finish()
        };
        let keys = [
            key(&["ab", "c"]),
            key(&["a", "bc"]),
            key(&["abc"]),
            key(&["abc", ""]),
            KeyHasher::new("test").optional(None).text("").finish(),
            KeyHasher::new("test").optional(Some("")).finish(),
        ];
        for (place, one) in keys.iter().enumerate() {
            assert!(!keys[..place].contains(one), "{place}");
        }
        assert_eq!(key(&["ab", "c"]), keys[0]);
    }

    #[test]
    fn a_key_is_the_start_of_the_hash() {
        // By sha256sum, of the length 0 as eight bytes.
        let hash = "af5570f5a1810b7af78caf4bc70a660f";
        assert_eq!(KeyHasher::new("").finish().to_string(), hash);
    }
}
