//! The adapters that a model has loaded, by the files they came from.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Adapters that stay loaded; requests in work keep theirs beyond that.
const MOST: usize = 8;

/// Which adapter something was computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AdapterId(u64);

impl AdapterId {
    /// The model alone.
    pub(crate) const NONE: Self = Self(0);

    #[cfg(test)]
    pub(crate) const fn for_test(id: u64) -> Self {
        Self(id)
    }
}

/// The adapters of one model. A file that changes is loaded again: training overwrites its
/// checkpoints.
#[derive(Debug)]
pub(crate) struct Adapters<A> {
    /// The least recently used first.
    loaded: Vec<Loaded<A>>,
    last: u64,
}

#[derive(Debug)]
struct Loaded<A> {
    path: PathBuf,
    stamp: Stamp,
    id: AdapterId,
    adapter: A,
}

/// What tells a change of files: name, size and time of each.
#[derive(Debug, PartialEq, Eq)]
struct Stamp(Vec<(PathBuf, u64, Option<SystemTime>)>);

impl<A: Clone> Adapters<A> {
    pub(crate) fn new() -> Self {
        Self {
            loaded: Vec::new(),
            last: AdapterId::NONE.0,
        }
    }

    /// The adapter at `path`, loaded by `load` where it is not already; `forget` is told of each
    /// that goes for it.
    ///
    /// # Errors
    /// Those of `load`, which also tells why a path cannot be read.
    pub(crate) fn get<E>(
        &mut self,
        path: &Path,
        load: impl FnOnce(&Path) -> Result<A, E>,
        mut forget: impl FnMut(AdapterId),
    ) -> Result<(AdapterId, A), E> {
        let stamp = Stamp::of(path).ok();
        let known = self.loaded.iter().position(|loaded| loaded.path == path);
        if let Some(index) = known {
            let loaded = self.loaded.remove(index);
            if Some(&loaded.stamp) == stamp.as_ref() {
                let found = (loaded.id, loaded.adapter.clone());
                self.loaded.push(loaded);
                return Ok(found);
            }
            forget(loaded.id);
        }
        let adapter = load(path)?;
        self.last += 1;
        let id = AdapterId(self.last);
        let Some(stamp) = stamp else {
            return Ok((id, adapter));
        };
        if self.loaded.len() == MOST {
            forget(self.loaded.remove(0).id);
        }
        self.loaded.push(Loaded {
            path: path.to_owned(),
            stamp,
            id,
            adapter: adapter.clone(),
        });
        Ok((id, adapter))
    }
}

impl Stamp {
    /// The stamp of a file, or of the files in a folder.
    fn of(path: &Path) -> io::Result<Self> {
        let entry = |path: PathBuf, data: &Metadata| (path, data.len(), data.modified().ok());
        let metadata = fs::metadata(path)?;
        if !metadata.is_dir() {
            return Ok(Self(vec![entry(path.to_owned(), &metadata)]));
        }
        let mut entries = Vec::new();
        for file in fs::read_dir(path)? {
            let file = file?.path();
            let metadata = fs::metadata(&file)?;
            entries.push(entry(file, &metadata));
        }
        entries.sort();
        Ok(Self(entries))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// Asks for an adapter; its id, and which were forgotten.
    fn get(adapters: &mut Adapters<()>, path: &Path) -> (u64, Vec<u64>) {
        let mut forgotten = Vec::new();
        let load = |_: &Path| Ok::<_, Infallible>(());
        let Ok((id, ())) = adapters.get(path, load, |id| forgotten.push(id.0));
        (id.0, forgotten)
    }

    #[test]
    fn a_file_is_loaded_once_and_again_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("adapters.safetensors");
        fs::write(&file, "one").unwrap();
        let mut adapters = Adapters::new();
        for path in [folder.path(), &file] {
            let (first, _) = get(&mut adapters, path);
            assert_eq!(get(&mut adapters, path), (first, Vec::new()));
            fs::write(&file, format!("{path:?}")).unwrap();
            assert_eq!(get(&mut adapters, path), (first + 1, vec![first]));
        }
    }

    #[test]
    fn the_longest_unused_goes_when_there_are_many() {
        let folder = tempfile::tempdir().unwrap();
        let path = |n: usize| folder.path().join(n.to_string());
        let mut adapters = Adapters::new();
        for n in 0..=MOST {
            fs::write(path(n), "").unwrap();
        }
        for n in (0..MOST).chain([0]) {
            get(&mut adapters, &path(n));
        }
        let (id, forgotten) = get(&mut adapters, &path(MOST));
        assert_eq!((id, forgotten), (MOST as u64 + 1, vec![2]));
    }

    #[test]
    fn an_adapter_that_cannot_be_loaded_is_not_kept() {
        let mut adapters = Adapters::<()>::new();
        let nowhere = Path::new("/nowhere/adapter");
        let failed = adapters.get(nowhere, |_| Err("no such adapter"), |_| ());
        assert_eq!(failed, Err("no such adapter"));
        assert!(adapters.loaded.is_empty());
    }
}
