//! Models fetched from the Hugging Face Hub, or from a server that speaks its protocol, into the
//! cache that Hugging Face's own libraries use.
//!
//! The client is a small one of our own. The crate `hf-hub` (1.0) keeps the same cache, but begins
//! every download anew and does not check hashes, and it brings a hundred more crates along, for a
//! second transfer protocol. The hub serves every file over plain HTTP as well.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

mod cache;
mod client;
mod config;
mod digest;
mod download;
mod error;
mod listing;
mod partial;
mod progress;
mod refusal;
mod retry;
mod select;

pub use config::HubConfig;
pub use digest::Digest;
pub use error::HubError;
pub use progress::{PullProgress, PullProgressCallback};
pub use select::{Choice, PulledKind};

use crate::RepoRef;
use crate::repo_ref::is_safe_path;
use cache::RepoCache;
use client::Client;
use download::Download;
use listing::RepoFile;
use progress::Tracker;
use refusal::Asked;
use select::Selection;

/// Files that are received at the same time.
const AT_ONCE: usize = 4;
/// The revision that is meant where none is named.
const MAIN: &str = "main";

/// A hub that models are fetched from.
///
/// ```no_run
/// use ml_service::{Hub, HubConfig, PullOptions};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let hub = Hub::new(HubConfig::from_env()?)?;
/// let model = "HuggingFaceTB/SmolLM2-135M-Instruct".parse()?;
/// let pulled = hub.pull(&model, &PullOptions::default()).await?;
/// println!("{}", pulled.path.display());
/// # Ok(())
/// # }
/// ```
pub struct Hub {
    client: Client,
    config: HubConfig,
}

/// What to fetch of a repository, and who wants to know how far it is.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct PullOptions {
    /// A branch, a tag or a commit; unset is `main`.
    pub revision: Option<String>,
    /// Told of the progress.
    pub progress: Option<PullProgressCallback>,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pulled {
    /// The repository.
    pub repository: String,
    /// The commit that the revision stood for.
    pub commit: String,
    /// What it is.
    pub kind: PulledKind,
    /// Where it is: the folder of a model or adapter, else the file, or the first part of a
    /// split one.
    pub path: PathBuf,
    /// How [`Service::open`](crate::Service::open) finds it, where it is a model: by the
    /// repository, with the file for GGUF; by its path where the revision is not `main`.
    pub reference: Option<String>,
    /// Its files, by path.
    pub files: Vec<PulledFile>,
}

/// A file that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PulledFile {
    /// Its path in the repository.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its hash, which was checked when it came.
    pub digest: Digest,
    /// Whether it was there before.
    pub was_there: bool,
}

impl Hub {
    /// A hub; nothing is sent yet.
    ///
    /// # Errors
    /// [`HubError::Setting`]: the token has characters that no token has.
    pub fn new(config: HubConfig) -> Result<Self, HubError> {
        Ok(Self {
            client: Client::new(&config)?,
            config,
        })
    }

    /// Fetches a model into the cache, or one file of a repository, and says where it is.
    ///
    /// Without a file it is the folder with safetensors, its configuration and its tokenizer, or
    /// the only GGUF file; pickles and other formats of the same weights are left out. Files that
    /// are there already are not fetched again, and half of one is completed. Every file's hash is
    /// checked before it is taken for whole; the model becomes visible once all of it is there.
    ///
    /// Dropping the future stops the download at once; what came stays for the next one. Several
    /// processes may fetch the same model. Broken connections and busy servers are tried again, a
    /// bounded number of times without progress. Needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// [`HubError::Choose`] where several GGUF files are meant, and all others.
    pub async fn pull(&self, model: &RepoRef, options: &PullOptions) -> Result<Pulled, HubError> {
        let repository = model.repository();
        let revision = options.revision.as_deref().unwrap_or(MAIN);
        if !is_safe_path(revision) {
            let revision = revision.to_owned();
            return Err(HubError::InvalidRevision { revision });
        }
        let tracker = Tracker::new(options.progress.clone());
        let page = self.client.url(repository.split('/'));
        let asked = Asked {
            repository,
            revision,
            file: None,
            page: page.as_str(),
        };
        let listing = listing::list(&self.client, &asked, &tracker).await?;
        let selection = select::select(repository, &listing.files, model.file())?;
        let cache = RepoCache::new(&self.config.cache, repository, self.config.lock_patience);
        let download = Download {
            client: &self.client,
            cache: &cache,
            tracker: &tracker,
            commit: &listing.commit,
            asked,
        };
        let were_there = fetch_all(&download, &selection.files).await?;
        cache.publish(&listing, revision, &selection.files).await?;
        let snapshot = cache.snapshot(&listing.commit);
        Ok(Pulled {
            repository: repository.to_owned(),
            reference: reference(repository, revision, &snapshot, &selection),
            path: path(snapshot, &selection),
            commit: listing.commit,
            kind: selection.kind,
            files: pulled(selection.files, were_there),
        })
    }
}

/// Fetches files, several at a time; tells which of them were there.
async fn fetch_all(download: &Download<'_>, files: &[RepoFile]) -> Result<Vec<bool>, HubError> {
    let bytes = files.iter().map(|file| file.size);
    let bytes = bytes.fold(0, u64::saturating_add);
    download.tracker.plan(files.len(), bytes);
    download.cache.require_space(files)?;
    let files: Vec<_> = files.iter().cloned().enumerate().collect();
    let were_there: BTreeMap<usize, bool> = stream::iter(files)
        .map(|(index, file)| async move { Ok((index, download.fetch(&file).await?)) })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(were_there.into_values().collect())
}

fn path(snapshot: PathBuf, selection: &Selection) -> PathBuf {
    match selection.kind {
        PulledKind::Folder | PulledKind::Adapter => snapshot,
        PulledKind::Gguf | PulledKind::File => snapshot.join(&selection.files[0].path),
    }
}

fn reference(
    repository: &str,
    revision: &str,
    snapshot: &Path,
    selection: &Selection,
) -> Option<String> {
    match (selection.kind, revision) {
        (PulledKind::Folder, MAIN) => Some(repository.to_owned()),
        (PulledKind::Gguf, MAIN) => Some(format!("{repository}:{}", selection.files[0].path)),
        (PulledKind::Folder | PulledKind::Gguf, _) => {
            let path = path(snapshot.to_owned(), selection);
            Some(path.display().to_string())
        }
        (PulledKind::Adapter | PulledKind::File, _) => None,
    }
}

fn pulled(files: Vec<RepoFile>, were_there: Vec<bool>) -> Vec<PulledFile> {
    let pairs = files.into_iter().zip(were_there);
    let file = |(file, was_there): (RepoFile, bool)| PulledFile {
        path: file.path,
        bytes: file.size,
        digest: file.digest,
        was_there,
    };
    pairs.map(file).collect()
}

impl PullOptions {
    /// Sets [`revision`](Self::revision).
    #[must_use]
    pub fn with_revision(mut self, revision: impl Into<String>) -> Self {
        self.revision = Some(revision.into());
        self
    }

    /// Sets [`progress`](Self::progress).
    #[must_use]
    pub fn with_progress(
        mut self,
        progress: impl Fn(&PullProgress) + Send + Sync + 'static,
    ) -> Self {
        self.progress = Some(std::sync::Arc::new(progress));
        self
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for PullOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PullOptions")
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}
