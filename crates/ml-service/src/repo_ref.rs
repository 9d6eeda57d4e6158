//! What names a model repository of the hub, and perhaps one of its files: `ORG/NAME[:FILE]`.

use std::fmt;
use std::path::{Component, Path};
use std::str::FromStr;

/// A model repository of the hub, and perhaps one of its files.
///
/// ```
/// let model: ml_service::RepoRef = "bartowski/SmolLM2-GGUF:Q4_K_M".parse()?;
/// assert_eq!(model.repository(), "bartowski/SmolLM2-GGUF");
/// assert_eq!(model.file(), Some("Q4_K_M"));
/// # Ok::<(), ml_service::RepoRefError>(())
/// ```
///
/// The file is its path in the repository, its name alone, or for a GGUF file its quantisation,
/// such as `Q4_K_M`. The name of one part of a split file (`…-00001-of-00003.gguf`) means all of
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RepoRef {
    repository: String,
    file: Option<String>,
}

/// A text that names no repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} names no repository of the hub: {reason}; write ORG/NAME or ORG/NAME:FILE")]
pub struct RepoRefError {
    text: String,
    reason: &'static str,
}

/// The longest name of a repository that the hub allows.
const MAX_NAME: usize = 96;

impl RepoRef {
    /// The repository: `ORG/NAME`, or `NAME` alone for the few old ones without an owner.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The file that is meant; `None` means the model as a whole.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }
}

impl FromStr for RepoRef {
    type Err = RepoRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (repository, file) = match text.split_once(':') {
            Some((repository, file)) => (repository, Some(file)),
            None => (text, None),
        };
        let fault = fault_of_repository(repository).or_else(|| {
            let unsafe_path = file.is_some_and(|file| !is_safe_path(file));
            unsafe_path.then_some("the file is no path inside a repository")
        });
        match fault {
            Some(reason) => Err(RepoRefError {
                text: text.to_owned(),
                reason,
            }),
            None => Ok(Self {
                repository: repository.to_owned(),
                file: file.map(str::to_owned),
            }),
        }
    }
}

impl fmt::Display for RepoRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        match &self.file {
            Some(file) => write!(f, ":{file}"),
            None => Ok(()),
        }
    }
}

/// What the hub would refuse in a name, and what would confuse the cache's folder names.
fn fault_of_repository(repository: &str) -> Option<&'static str> {
    let parts: Vec<&str> = repository.split('/').collect();
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let is_edge = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if parts.len() > 2 || parts.iter().any(|part| part.is_empty()) {
        Some("it is not of the form ORG/NAME")
    } else if !parts.iter().all(|part| part.chars().all(is_allowed)) {
        Some("names have letters, digits and any of . _ - only")
    } else if !parts
        .iter()
        .all(|part| part.starts_with(is_edge) && part.ends_with(is_edge))
    {
        Some("names start and end with a letter, a digit or _")
    } else if repository.contains("--") || repository.contains("..") || repository.len() > MAX_NAME
    {
        Some("names have no -- or .. and at most 96 characters")
    } else {
        None
    }
}

/// Whether a path stays inside the folder that it is joined to, on any system.
pub(crate) fn is_safe_path(path: &str) -> bool {
    let plain = |c: char| !c.is_control() && c != '\\';
    let mut components = Path::new(path).components();
    path.chars().all(plain)
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && components.all(|component| matches!(component, Component::Normal(_)))
}

/// How well a file's path fits what was asked for; the last is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    /// It is a GGUF file of this quantisation, or of this name without its extension.
    Stem,
    /// Its name is the one asked for.
    Name,
    /// Its path is.
    Path,
}

impl Fit {
    /// How a file in a repository fits the file of a [`RepoRef`], if it does.
    pub(crate) fn of(path: &str, wanted: &str) -> Option<Self> {
        let (whole, wanted_whole) = (whole(path), whole(wanted));
        if whole == wanted_whole {
            Some(Self::Path)
        } else if file_name(&whole) == wanted_whole {
            Some(Self::Name)
        } else {
            fits_stem(path, wanted).then_some(Self::Stem)
        }
    }
}

/// Where a file stands among the parts of a split one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// The path up to the numbers.
    stem: &'a str,
    /// From 1.
    pub(crate) number: u32,
    pub(crate) count: u32,
    extension: &'a str,
}

impl<'a> Part<'a> {
    /// Takes `model-00002-of-00005.gguf` apart.
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        let (rest, extension) = path.rsplit_once('.')?;
        let (rest, count) = rest.rsplit_once("-of-")?;
        let (stem, number) = rest.rsplit_once('-')?;
        let (number, count) = (five_digits(number)?, five_digits(count)?);
        (1..=count).contains(&number).then_some(Self {
            stem,
            number,
            count,
            extension,
        })
    }
}

fn five_digits(text: &str) -> Option<u32> {
    let digits = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// A path with its part's number struck out: the same for all parts of one file.
pub(crate) fn whole(path: &str) -> String {
    match Part::of(path) {
        Some(part) => format!("{}-*-of-{:05}.{}", part.stem, part.count, part.extension),
        None => path.to_owned(),
    }
}

fn fits_stem(path: &str, wanted: &str) -> bool {
    let Some(name) = strip_gguf(file_name(path)) else {
        return false;
    };
    let stem = Part::of(file_name(path)).map_or(name, |part| part.stem);
    let Some(start) = stem.len().checked_sub(wanted.len()) else {
        return false;
    };
    let ends = stem.get(start..);
    ends.is_some_and(|end| end.eq_ignore_ascii_case(wanted))
        && (start == 0 || stem[..start].ends_with(['-', '.', '_']) && is_gguf_model(path))
}

/// The name of a GGUF file without its extension.
pub(crate) fn strip_gguf(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    extension.eq_ignore_ascii_case("gguf").then_some(stem)
}

/// Whether a file is a GGUF file that may be a model: vision projectors and importance matrices lie
/// beside models and are none.
pub(crate) fn is_gguf_model(path: &str) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    strip_gguf(&name).is_some_and(|name| !name.contains("mmproj") && !name.contains("imatrix"))
}

pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, repository: &str, file: Option<&str>) {
        let parsed: RepoRef = text.parse().expect(text);
        assert_eq!((parsed.repository(), parsed.file()), (repository, file));
        assert_eq!(parsed.to_string(), text);
    }

    #[test]
    fn a_reference_is_a_repository_and_perhaps_a_file() {
        check("org/name", "org/name", None);
        check("gpt2", "gpt2", None);
        check("a-b/c_d.e", "a-b/c_d.e", None);
        check("org/name:m.gguf", "org/name", Some("m.gguf"));
        check("org/name:Q4/m.gguf", "org/name", Some("Q4/m.gguf"));
    }

    #[test]
    fn what_could_leave_the_cache_is_refused() {
        for text in [
            "",
            "/",
            "/etc",
            "org/",
            "a/b/c",
            "..",
            "../..",
            "org/..",
            "org/.name",
            "-org/name",
            "org/na--me",
            "org/na me",
            "org/näme",
            "https://hub/org/name",
            "org/name:",
            "org/name:../x",
            "org/name:/x",
            "org/name:a//b",
            "org/name:a/./b",
            "org/name:a\\b",
            "org/name:a\nb",
            &format!("org/{}", "n".repeat(96)),
        ] {
            let error = text.parse::<RepoRef>().expect_err(text).to_string();
            assert!(error.contains("ORG/NAME"), "{error}");
        }
    }

    #[track_caller]
    fn check_fit(path: &str, wanted: &str, fit: Option<Fit>) {
        assert_eq!(Fit::of(path, wanted), fit, "{path} for {wanted}");
    }

    #[test]
    fn a_file_is_meant_by_its_path_its_name_or_its_quantisation() {
        check_fit("q/m-Q4_0.gguf", "q/m-Q4_0.gguf", Some(Fit::Path));
        check_fit("q/m-Q4_0.gguf", "m-Q4_0.gguf", Some(Fit::Name));
        check_fit("q/m-Q4_0.gguf", "m-Q4_0", Some(Fit::Stem));
        check_fit("m-Q4_K_M.gguf", "Q4_K_M", Some(Fit::Stem));
        check_fit("m.q4_k_m.gguf", "Q4_K_M", Some(Fit::Stem));
        check_fit("m-Q4_K_M.gguf", "Q4_K", None);
        check_fit("m-IQ4_XS.gguf", "Q4_XS", None);
        check_fit("m-Q4_K_M.bin", "Q4_K_M", None);
        check_fit("mmproj-m-Q8_0.gguf", "Q8_0", None);
        check_fit("mmproj-m-Q8_0.gguf", "mmproj-m-Q8_0", Some(Fit::Stem));
        check_fit("é.gguf", "\u{a9}", None);
    }

    #[test]
    fn any_part_means_the_whole() {
        let path = "q/m-Q8_0-00002-of-00003.gguf";
        check_fit(path, "q/m-Q8_0-00001-of-00003.gguf", Some(Fit::Path));
        check_fit(path, "m-Q8_0-00003-of-00003.gguf", Some(Fit::Name));
        check_fit(path, "Q8_0", Some(Fit::Stem));
        check_fit(path, "m-Q8_0-00001-of-00004.gguf", None);
        assert_eq!(Part::of("m-00004-of-00003.gguf"), None);
    }
}
