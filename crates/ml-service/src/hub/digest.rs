//! What identifies a file's content, and names it in the cache.

use std::fmt;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// The hash of a file as the hub states it.
///
/// Large files are stored by their SHA-256 ([Git LFS]), all others as git blobs, by the SHA-1 of
/// `blob`, the size and the content ([git objects]).
///
/// [Git LFS]: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
/// [git objects]: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Digest {
    /// SHA-256 of the content.
    Sha256([u8; 32]),
    /// The git object id of the content.
    GitBlob([u8; 20]),
}

impl Digest {
    /// Reads 64 hexadecimal digits.
    pub(super) fn sha256(hex: &str) -> Option<Self> {
        bytes(hex).map(Self::Sha256)
    }

    /// Reads 40 hexadecimal digits.
    pub(super) fn git_blob(hex: &str) -> Option<Self> {
        bytes(hex).map(Self::GitBlob)
    }
}

/// In hexadecimal, as the hub and the cache write it.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: &[u8] = match self {
            Self::Sha256(bytes) => bytes,
            Self::GitBlob(bytes) => bytes,
        };
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Sha256(_) => "sha256",
            Self::GitBlob(_) => "git",
        };
        write!(f, "{kind}:{self}")
    }
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut bytes = [0; N];
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

/// Hashes content as it comes, in the way of the digest that it is to have.
#[derive(Clone)]
pub(super) enum Hasher {
    Sha256(Sha256),
    GitBlob(Sha1),
}

impl Hasher {
    /// For content of this size that is expected to have this digest.
    pub(super) fn new(expected: Digest, size: u64) -> Self {
        match expected {
            Digest::Sha256(_) => Self::Sha256(Sha256::new()),
            Digest::GitBlob(_) => {
                Self::GitBlob(Sha1::new_with_prefix(format!("blob {size}\0").as_bytes()))
            }
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::GitBlob(hasher) => hasher.update(bytes),
        }
    }

    pub(super) fn finish(self) -> Digest {
        match self {
            Self::Sha256(hasher) => Digest::Sha256(hasher.finalize().into()),
            Self::GitBlob(hasher) => Digest::GitBlob(hasher.finalize().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expected: Digest, content: &[u8]) {
        let mut hasher = Hasher::new(expected, content.len() as u64);
        content.chunks(3).for_each(|piece| hasher.update(piece));
        assert_eq!(hasher.finish().to_string(), expected.to_string());
    }

    #[test]
    fn content_has_the_digests_that_git_and_sha256sum_print() {
        let sha256 = "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447";
        check(Digest::sha256(sha256).expect("hex"), b"hello world\n");
        let git = "3b18e512dba79e4c8300dd08aeb37f8e728b8dad";
        check(Digest::git_blob(git).expect("hex"), b"hello world\n");
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        for text in [
            "",
            "3b18",
            "../../etc/passwd",
            &"g".repeat(40),
            &"é".repeat(20),
        ] {
            assert_eq!(Digest::git_blob(text), None, "{text}");
        }
        assert_eq!(Digest::sha256(&"0".repeat(63)), None);
    }
}
