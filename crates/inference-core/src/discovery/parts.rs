//! Weights split over several files: `model-00002-of-00005.gguf`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::walk::{Entry, file_name};

/// The weight files of one model, or of one of its splits.
pub(super) struct Parts {
    /// The file's name without its extension and without the part's number.
    pub(super) name: String,
    /// How many files there should be; 0 for a file whose name says nothing of parts.
    expected: usize,
    /// The files that are there, by number.
    present: BTreeMap<usize, PathBuf>,
}

/// What the files of [`Parts`] are together.
#[derive(Default)]
pub(super) struct Weights {
    pub(super) size_bytes: u64,
    pub(super) num_files: usize,
    pub(super) problem: Option<String>,
}

impl Parts {
    /// Groups weight files; the groups come in the order of their names.
    pub(super) fn group<'a>(files: impl Iterator<Item = &'a Entry>) -> Vec<Self> {
        let mut groups: BTreeMap<(String, usize), Self> = BTreeMap::new();
        for file in files {
            let stem = file.name.rsplit_once('.').map_or("", |(stem, _)| stem);
            let (name, number, expected) = split_name(stem).unwrap_or((stem, 1, 0));
            let group = groups
                .entry((name.to_owned(), expected))
                .or_insert_with(|| Self {
                    name: name.to_owned(),
                    expected,
                    present: BTreeMap::new(),
                });
            group.present.insert(number, file.path.clone());
        }
        groups.into_values().collect()
    }

    /// The first file there is.
    pub(super) fn first(&self) -> Option<&PathBuf> {
        self.present.values().next()
    }

    /// Looks at the files: their number, their size, and whether any is missing or unreadable.
    pub(super) fn weights(&self) -> Weights {
        let mut weights = Weights {
            num_files: self.present.len(),
            ..Weights::default()
        };
        for path in self.present.values() {
            match fs::metadata(path) {
                Ok(metadata) => weights.size_bytes += metadata.len(),
                Err(error) => {
                    weights
                        .problem
                        .get_or_insert_with(|| unreadable(path, &error));
                }
            }
        }
        let missing = (1..=self.expected).filter(|number| !self.present.contains_key(number));
        let missing: Vec<usize> = missing.collect();
        if let Some(first) = missing.first() {
            weights.problem = Some(format!(
                "{} of {} parts are missing, the first is number {first}: \
                 download or copy them again",
                missing.len(),
                self.expected
            ));
        }
        weights
    }
}

impl Weights {
    /// The sum of all groups, with the first problem.
    pub(super) fn sum(groups: &[Parts]) -> Self {
        let mut sum = Self::default();
        for weights in groups.iter().map(Parts::weights) {
            sum.size_bytes += weights.size_bytes;
            sum.num_files += weights.num_files;
            sum.problem = sum.problem.or(weights.problem);
        }
        sum
    }
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be read: {error}", file_name(path))
}

/// Name, number and count of `name-00002-of-00005`.
fn split_name(stem: &str) -> Option<(&str, usize, usize)> {
    let (rest, count) = stem.rsplit_once("-of-")?;
    let (name, number) = rest.rsplit_once('-')?;
    let (number, count) = (five_digits(number)?, five_digits(count)?);
    (1..=count)
        .contains(&number)
        .then_some((name, number, count))
}

fn five_digits(text: &str) -> Option<usize> {
    let digits = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::split_name;

    #[test]
    fn knows_the_names_of_parts() {
        assert_eq!(split_name("a-b-00002-of-00005"), Some(("a-b", 2, 5)));
        for whole in [
            "model",
            "model-of-00005",
            "model-2-of-5",
            "model-00006-of-00005",
            "model-00000-of-00005",
            "model-0000x-of-00005",
            "00001-of-00002",
        ] {
            assert_eq!(split_name(whole), None, "{whole}");
        }
    }
}
