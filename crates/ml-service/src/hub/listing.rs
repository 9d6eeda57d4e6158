//! What a repository holds at a revision: its commit and its files.

use serde::Deserialize;

use super::HubError;
use super::client::{Client, host};
use super::digest::Digest;
use super::progress::Tracker;
use super::refusal::Asked;
use crate::repo_ref::is_safe_path;

/// More than any repository of a model has.
const MAX_FILES: usize = 100_000;

/// A repository at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listing {
    /// 40 hexadecimal digits.
    pub(super) commit: String,
    pub(super) files: Vec<RepoFile>,
}

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RepoFile {
    /// Where it is in the repository; stays inside of it.
    pub(super) path: String,
    pub(super) size: u64,
    pub(super) digest: Digest,
}

/// The reply to `/api/models/REPOSITORY/revision/REVISION`.
#[derive(Deserialize)]
struct Revision {
    sha: String,
}

/// One of `/api/models/REPOSITORY/tree/REVISION`.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(default)]
    oid: String,
    #[serde(default)]
    size: u64,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    oid: String,
    size: u64,
}

/// Asks for the commit that a revision stands for, then for the files of that commit.
pub(super) async fn list(
    client: &Client,
    asked: &Asked<'_>,
    tracker: &Tracker,
) -> Result<Listing, HubError> {
    let api = |kind, revision| {
        let repository = asked.repository.split('/');
        let path = ["api", "models"].into_iter().chain(repository);
        client.url(path.chain([kind, revision]))
    };
    let url = api("revision", asked.revision);
    let protocol = |message: String| HubError::Protocol {
        host: host(&url),
        what: asked.what(),
        message,
    };
    let (revision, _): (Revision, _) = client.document(&url, asked, tracker).await?;
    let commit = revision.sha;
    if Digest::git_blob(&commit).is_none() {
        return Err(protocol(format!("{commit:?} is no commit")));
    }
    let mut first = api("tree", &commit);
    first.set_query(Some("recursive=true"));
    let mut next = Some(first);
    let mut files = Vec::new();
    let mut seen = 0;
    while let Some(url) = next.take() {
        let (page, following): (Vec<Entry>, _) = client.document(&url, asked, tracker).await?;
        // An empty page counts as well, so that pages cannot go in circles.
        seen += page.len().max(1);
        if seen > MAX_FILES {
            return Err(protocol(format!("more than {MAX_FILES} files")));
        }
        for entry in page.into_iter().filter(|entry| entry.kind == "file") {
            files.push(file(entry, asked.repository, protocol)?);
        }
        next = following;
    }
    Ok(Listing { commit, files })
}

fn file(
    entry: Entry,
    repository: &str,
    protocol: impl Fn(String) -> HubError,
) -> Result<RepoFile, HubError> {
    let path = entry.path;
    if !is_safe_path(&path) {
        let repository = repository.to_owned();
        return Err(HubError::UnsafePath { repository, path });
    }
    let (size, digest) = match &entry.lfs {
        Some(lfs) => (lfs.size, Digest::sha256(&lfs.oid)),
        None => (entry.size, Digest::git_blob(&entry.oid)),
    };
    match digest {
        Some(digest) => Ok(RepoFile { path, size, digest }),
        None => Err(protocol(format!("{path:?} has no hash"))),
    }
}
