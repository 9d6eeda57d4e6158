//! SHA-256 of files and bytes.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// The file's SHA-256 in lower-case hexadecimal digits; `None` where there is no such file.
///
/// # Errors
/// The file is there and cannot be read.
pub(super) fn sha256(path: &Path) -> Result<Option<String>> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened
            .and_then(digest)
            .map(Some)
            .with_context(|| format!("read {}", path.display())),
    }
}

/// Why the file is not the one with this SHA-256, if so.
///
/// # Errors
/// As for [`sha256`].
pub(super) fn fault(path: &Path, expected: &str) -> Result<Option<String>> {
    let file = path.display();
    Ok(match sha256(path)? {
        None => Some(format!("there is no {file}")),
        Some(found) if found != expected => Some(format!(
            "{file} has the SHA-256 {found}, expected {expected}"
        )),
        Some(_) => None,
    })
}

/// The SHA-256 of bytes, in lower-case hexadecimal digits.
pub(super) fn of(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn digest(mut file: File) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    Ok(hexadecimal(&hasher.finalize()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes every write");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standards_example() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("abc");
        std::fs::write(&file, "abc").expect("written");
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&file).expect("readable").as_deref(), Some(expected));
        assert_eq!(of(b"abc"), expected);
    }

    #[test]
    fn a_missing_file_has_none() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(
            sha256(&folder.path().join("none")).expect("not an error"),
            None
        );
    }
}
