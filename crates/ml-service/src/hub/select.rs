//! Which files of a repository make a model.

use std::collections::BTreeMap;

use super::HubError;
use super::listing::RepoFile;
use crate::repo_ref::{Fit, Part, is_gguf_model, strip_gguf, whole};

/// What was fetched, as far as its files tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PulledKind {
    /// A folder with safetensors, configuration and tokenizer.
    Folder,
    /// One GGUF file, or all parts of one.
    Gguf,
    /// A LoRA adapter, which goes with another model.
    Adapter,
    /// A file that is no model by itself.
    File,
}

/// One of several models of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice {
    /// What to ask for: the path of the file, or of the first part of a split one.
    pub file: String,
    /// Size of all its parts.
    pub bytes: u64,
    /// Number of its parts.
    pub parts: usize,
}

/// The files to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    pub(super) kind: PulledKind,
    /// At least one, by path.
    pub(super) files: Vec<RepoFile>,
}

/// Text files that go with safetensors, by their extensions.
const COMPANIONS: [&str; 5] = ["jinja", "json", "model", "tiktoken", "txt"];

/// Chooses the files that are meant. `wanted` is the file of the reference; without it, it is the
/// folder with safetensors if there is one, else the only GGUF file.
///
/// # Errors
/// [`HubError::Choose`], [`HubError::FileNotFound`], [`HubError::NothingToPull`],
/// [`HubError::PartsMissing`].
pub(super) fn select(
    repository: &str,
    files: &[RepoFile],
    wanted: Option<&str>,
) -> Result<Selection, HubError> {
    if let Some(wanted) = wanted {
        return named(repository, files, wanted);
    }
    if let Some(folder) = folder(files) {
        return Ok(folder);
    }
    let models = groups(files.iter().filter(|file| is_gguf_model(&file.path)));
    if models.is_empty() {
        return Err(HubError::NothingToPull {
            repository: repository.to_owned(),
            there: paths(files),
        });
    }
    // Beside the one model may be what only a person can choose, such as a vision projector.
    only(repository, models, || {
        let all = files.iter().filter(|file| is_gguf(&file.path));
        groups(all)
    })
}

/// Files with the same name but for the part's number, by that name.
type Groups = BTreeMap<String, Vec<RepoFile>>;

fn groups<'a>(files: impl Iterator<Item = &'a RepoFile>) -> Groups {
    let mut groups = Groups::new();
    for file in files {
        let group = groups.entry(whole(&file.path)).or_default();
        group.push(file.clone());
    }
    for group in groups.values_mut() {
        group.sort_by(|a, b| a.path.cmp(&b.path));
    }
    groups
}

fn named(repository: &str, files: &[RepoFile], wanted: &str) -> Result<Selection, HubError> {
    let fit = |file: &RepoFile| Fit::of(&file.path, wanted);
    let Some(best) = files.iter().filter_map(fit).max() else {
        return Err(HubError::FileNotFound {
            repository: repository.to_owned(),
            file: wanted.to_owned(),
            there: paths(files),
        });
    };
    let meant = || groups(files.iter().filter(|file| fit(file) == Some(best)));
    only(repository, meant(), meant)
}

/// The only group there is, whole; otherwise the choice.
fn only(
    repository: &str,
    groups: Groups,
    choices: impl FnOnce() -> Groups,
) -> Result<Selection, HubError> {
    if groups.len() > 1 {
        return Err(HubError::Choose {
            repository: repository.to_owned(),
            choices: choices()
                .values()
                .filter_map(|group| choice(group))
                .collect(),
        });
    }
    let (name, files) = groups
        .into_iter()
        .next()
        .expect("the callers look for at least one");
    let count = Part::of(&files[0].path).map_or(1, |part| part.count as usize);
    if files.len() < count {
        return Err(HubError::PartsMissing {
            repository: repository.to_owned(),
            file: name,
            missing: count - files.len(),
            count,
        });
    }
    let kind = if is_gguf_model(&files[0].path) {
        PulledKind::Gguf
    } else {
        PulledKind::File
    };
    Ok(Selection { kind, files })
}

fn choice(group: &[RepoFile]) -> Option<Choice> {
    Some(Choice {
        file: group.first()?.path.clone(),
        bytes: group
            .iter()
            .map(|file| file.size)
            .fold(0, u64::saturating_add),
        parts: group.len(),
    })
}

/// The model or adapter whose files lie at the top of the repository.
fn folder(files: &[RepoFile]) -> Option<Selection> {
    let top = || files.iter().filter(|file| !file.path.contains('/'));
    let has = |name: &str| top().any(|file| file.path == name);
    let weights = weights(top().filter(|file| has_extension(&file.path, "safetensors")));
    let kind = match (has("config.json"), has("adapter_config.json")) {
        _ if weights.is_empty() => return None,
        (true, _) => PulledKind::Folder,
        (false, true) => PulledKind::Adapter,
        (false, false) => return None,
    };
    let companions = top().filter(|file| is_companion(&file.path));
    let mut files: Vec<_> = weights.into_iter().chain(companions).cloned().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Some(Selection { kind, files })
}

/// The weights that transformers and MLX load; without those, whatever is there. Some
/// repositories hold the same weights once more, as their maker's own software wants them.
fn weights<'a>(files: impl Iterator<Item = &'a RepoFile>) -> Vec<&'a RepoFile> {
    let all: Vec<_> = files.collect();
    let is_usual = |path: &str| {
        let whole = whole(path);
        whole == "model.safetensors" || whole.starts_with("model-*-of-")
    };
    for keep in [is_usual as fn(&str) -> bool, |path| {
        !path.starts_with("consolidated")
    }] {
        let kept: Vec<_> = all
            .iter()
            .copied()
            .filter(|file| keep(&file.path))
            .collect();
        if !kept.is_empty() {
            return kept;
        }
    }
    all
}

fn is_companion(path: &str) -> bool {
    let index_of_another_format =
        path.ends_with(".index.json") && !path.ends_with("model.safetensors.index.json");
    COMPANIONS
        .iter()
        .any(|extension| has_extension(path, extension))
        && !path.starts_with('.')
        && !index_of_another_format
}

fn is_gguf(path: &str) -> bool {
    strip_gguf(path).is_some()
}

fn has_extension(path: &str, extension: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, found)| found == extension)
}

fn paths(files: &[RepoFile]) -> Vec<String> {
    files.iter().map(|file| file.path.clone()).collect()
}

#[cfg(test)]
mod tests;
