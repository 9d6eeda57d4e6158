//! A bounded walk through folders that collects models.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{DiscoveredModel, DiscoverySource, ModelFormat, gguf_files, safetensors};

/// Most files and folders that one walk looks at.
const MAX_ENTRIES: usize = 100_000;

/// One walk through the folders of one source.
pub(super) struct Walk {
    pub(super) source: DiscoverySource,
    found: Vec<DiscoveredModel>,
    entries_left: usize,
    /// The first folder that was not read to its end.
    cut_short: Option<PathBuf>,
}

pub(super) struct Entry {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) kind: EntryKind,
}

/// What an entry is, symbolic links followed.
pub(super) enum EntryKind {
    File,
    Folder,
    /// A device, a socket, a pipe.
    Other,
    /// A symbolic link that leads nowhere, or the like.
    Unreadable(io::Error),
}

impl Walk {
    pub(super) fn new(source: DiscoverySource) -> Self {
        Self::with_limit(source, MAX_ENTRIES)
    }

    pub(super) fn with_limit(source: DiscoverySource, entries: usize) -> Self {
        Self {
            source,
            found: Vec::new(),
            entries_left: entries,
            cut_short: None,
        }
    }

    /// Everything found, with a last entry if the limit was reached.
    pub(super) fn finish(mut self) -> Vec<DiscoveredModel> {
        if let Some(folder) = self.cut_short.take() {
            let problem = "holds too much, the rest of it was not looked at: \
                           name a folder that holds models only";
            self.problem(&folder, problem.to_owned());
        }
        self.found
    }

    pub(super) fn add(&mut self, model: DiscoveredModel) {
        self.found.push(model);
    }

    /// Adds an entry for something that cannot be looked at.
    pub(super) fn problem(&mut self, path: &Path, problem: String) {
        let name = file_name(path);
        let format = ModelFormat::Unknown;
        self.add(DiscoveredModel {
            problem: Some(problem),
            ..DiscoveredModel::new(name, path.to_owned(), format, self.source)
        });
    }

    /// Does something with a folder; a failure becomes an entry.
    pub(super) fn attempt(
        &mut self,
        folder: &Path,
        look: impl FnOnce(&mut Self) -> io::Result<()>,
    ) {
        if let Err(error) = look(self) {
            self.problem(folder, format!("cannot be read: {error}"));
        }
    }

    /// The entries of a folder by name, hidden ones left out.
    pub(super) fn list(&mut self, folder: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            if self.entries_left == 0 {
                self.cut_short.get_or_insert_with(|| folder.to_owned());
                break;
            }
            self.entries_left -= 1;
            let path = entry?.path();
            let name = file_name(&path);
            if !name.starts_with('.') {
                let kind = kind_of(&path);
                entries.push(Entry { name, path, kind });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Adds the models of a folder and of its immediate subfolders. Their names start with
    /// `prefix` and a slash where it is not empty.
    pub(super) fn models_below(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        let entries = self.list(folder)?;
        let name = match prefix {
            "" => file_name(folder),
            prefix => prefix.to_owned(),
        };
        self.models_among(&entries, folder, name, prefix);
        for entry in &entries {
            match &entry.kind {
                EntryKind::Folder => self.attempt(&entry.path, |walk| {
                    let entries = walk.list(&entry.path)?;
                    let name = joined(prefix, &entry.name);
                    walk.models_among(&entries, &entry.path, name, prefix);
                    Ok(())
                }),
                EntryKind::Unreadable(error) if !is_weight(&entry.name) => {
                    self.problem(&entry.path, format!("cannot be read: {error}"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn models_among(&mut self, entries: &[Entry], folder: &Path, name: String, prefix: &str) {
        let folder = safetensors::model(entries, folder, name, self.source);
        self.found.extend(folder);
        let files = gguf_files::models(entries, prefix, self.source);
        self.found.extend(files);
    }
}

impl Entry {
    /// Whether the name ends in a dot and `extension`, in whatever case.
    pub(super) fn has_extension(&self, extension: &str) -> bool {
        has_extension(&self.name, extension)
    }

    /// A file, as far as can be seen.
    pub(super) fn may_be_file(&self) -> bool {
        matches!(self.kind, EntryKind::File | EntryKind::Unreadable(_))
    }
}

pub(super) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// `prefix/name`, or the name alone.
pub(super) fn joined(prefix: &str, name: &str) -> String {
    match prefix {
        "" => name.to_owned(),
        prefix => format!("{prefix}/{name}"),
    }
}

fn is_weight(name: &str) -> bool {
    has_extension(name, "gguf") || has_extension(name, "safetensors")
}

fn has_extension(name: &str, extension: &str) -> bool {
    let found = Path::new(name).extension();
    found.is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

fn kind_of(path: &Path) -> EntryKind {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => EntryKind::File,
        Ok(metadata) if metadata.is_dir() => EntryKind::Folder,
        Ok(_) => EntryKind::Other,
        Err(error) => EntryKind::Unreadable(error),
    }
}
