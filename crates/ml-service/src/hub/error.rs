//! Why a model could not be fetched, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use inference_core::Retry;

use super::digest::Digest;
use super::select::Choice;

/// Why a model could not be fetched. What was received stays where the next attempt goes on with
/// it, but for content that proved wrong. A message never holds a token or a signed address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// A variable of the environment cannot be used.
    #[error("{variable}: {message}")]
    Setting {
        /// The variable.
        variable: &'static str,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// The user works offline on purpose.
    #[error("HF_HUB_OFFLINE is set: unset it to fetch from the hub")]
    Offline,
    /// A revision that no hub could have.
    #[error("{revision:?} is no revision: name a branch, a tag or a commit")]
    InvalidRevision {
        /// What was asked for.
        revision: String,
    },
    /// Several files are possible, and the user has to say which.
    #[error("{repository} has several models: say which one, {repository}:FILE")]
    Choose {
        /// The repository.
        repository: String,
        /// What there is to choose from.
        choices: Vec<Choice>,
    },
    /// The repository does not exist, or may not be seen.
    #[error("the hub has no repository {repository}, or it is private: check the name{}", match token {
        Some(origin) => format!("; the token of {origin} may not read it"),
        None => ", or set HF_TOKEN to a token that may read it".to_owned(),
    })]
    RepositoryNotFound {
        /// The repository.
        repository: String,
        /// Where the token came from, if there was one.
        token: Option<String>,
    },
    /// The repository has no such branch, tag or commit.
    #[error("{repository} has no revision {revision:?}: name a branch, a tag or a commit")]
    RevisionNotFound {
        /// The repository.
        repository: String,
        /// The revision.
        revision: String,
    },
    /// The repository has no such file.
    #[error("{repository} has no file {file:?}; it has {}", shortened(there))]
    FileNotFound {
        /// The repository.
        repository: String,
        /// What was asked for.
        file: String,
        /// The files that are there.
        there: Vec<String>,
    },
    /// The repository holds nothing that could be run.
    #[error(
        "{repository} has neither safetensors with a config.json nor GGUF files; it has {}",
        shortened(there)
    )]
    NothingToPull {
        /// The repository.
        repository: String,
        /// The files that are there.
        there: Vec<String>,
    },
    /// A split file is not whole in the repository.
    #[error("{repository} lacks {missing} of the {count} parts of {file}: tell its owner")]
    PartsMissing {
        /// The repository.
        repository: String,
        /// The file, with a star in the place of the part's number.
        file: String,
        /// How many parts are not there.
        missing: usize,
        /// How many there should be.
        count: usize,
    },
    /// The repository's owner wants terms to be accepted first.
    #[error("{repository} is gated: accept its terms at {page}, then {}", match token {
        Some(origin) => format!("use a token of that account; the one of {origin} has no access"),
        None => "set HF_TOKEN to a token of that account".to_owned(),
    })]
    Gated {
        /// The repository.
        repository: String,
        /// Where to accept them.
        page: String,
        /// Where the token came from, if there was one.
        token: Option<String>,
    },
    /// The token is not valid.
    #[error(
        "the hub refused the token of {origin}: replace it, or remove it to fetch public models"
    )]
    TokenRefused {
        /// Where the token came from.
        origin: String,
    },
    /// The hub refuses access and does not say why.
    #[error(
        "{host} refuses access to {repository} ({status}): set HF_TOKEN to a token that may read it"
    )]
    Forbidden {
        /// The hub.
        host: String,
        /// The repository.
        repository: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server asks for fewer requests.
    #[error("{host} asks for fewer requests{}", match after {
        Some(after) => format!(": try again in {} s", after.as_secs().max(1)),
        None => ": try again later, or set HF_TOKEN, which allows for more".to_owned(),
    })]
    RateLimited {
        /// The server.
        host: String,
        /// How long it asks to wait.
        after: Option<Duration>,
    },
    /// The server cannot answer now.
    #[error("{host} cannot answer now ({status}): try again later")]
    Unavailable {
        /// The server.
        host: String,
        /// The HTTP status.
        status: u16,
        /// How long it asks to wait.
        after: Option<Duration>,
    },
    /// No connection could be made.
    #[error("cannot connect to {host}: check the network, the proxy and HF_ENDPOINT")]
    Connection {
        /// The server.
        host: String,
        /// Whether it was reached before.
        was_reached: bool,
        /// Why not.
        source: reqwest::Error,
    },
    /// A connection broke before all was received.
    #[error("the connection to {host} broke while {what} came: try again to go on from there")]
    Broken {
        /// The server.
        host: String,
        /// What was being received.
        what: String,
        /// Why, where that is known.
        source: Option<reqwest::Error>,
    },
    /// Nothing came within the time allowed.
    #[error("{host} sent nothing for too long: try again later")]
    TimedOut {
        /// The server.
        host: String,
        /// What the client says.
        source: reqwest::Error,
    },
    /// The server redirects where nothing is to be fetched from.
    #[error("{host} redirects {fault}: check HF_ENDPOINT and the proxy")]
    Redirect {
        /// The server.
        host: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A web page came in the place of what was asked for.
    #[error(
        "{host} answered with a web page in the place of {what}: check HF_ENDPOINT, the proxy, and whether the network wants a login"
    )]
    WebPage {
        /// The server.
        host: String,
        /// What was asked for.
        what: String,
    },
    /// What came back is not what the hub's interface promises.
    #[error("the reply of {host} to {what} makes no sense ({message}): is HF_ENDPOINT a hub?")]
    Protocol {
        /// The server.
        host: String,
        /// What was asked for.
        what: String,
        /// What is wrong with it.
        message: String,
    },
    /// The repository names a file that would lie outside its folder.
    #[error(
        "{repository} has a file that would be written outside of its folder, {path:?}: nothing was fetched, do not trust it"
    )]
    UnsafePath {
        /// The repository.
        repository: String,
        /// The path.
        path: String,
    },
    /// A file has another size than the repository says.
    #[error(
        "{host} sends {received} bytes for {file}, where the repository says {expected}: try again later, or without a proxy"
    )]
    UnexpectedSize {
        /// The server.
        host: String,
        /// The file.
        file: String,
        /// The size that the repository says.
        expected: u64,
        /// What came or was announced.
        received: u64,
    },
    /// A file's content is not what the repository says.
    #[error(
        "{file} came damaged twice: its hash is {received}, where the repository says {expected}; try again later, or without a proxy"
    )]
    WrongHash {
        /// The file.
        file: String,
        /// The hash that the repository says.
        expected: Digest,
        /// The hash of what came.
        received: Digest,
    },
    /// The disk is full, or would be.
    #[error("no space in {}: {} MB more are needed; free some, or set HF_HUB_CACHE to a folder on a larger disk", folder.display(), missing.div_ceil(1_000_000))]
    NoSpace {
        /// The cache's folder.
        folder: PathBuf,
        /// How many bytes are lacking at least.
        missing: u64,
    },
    /// Another process is at the same file and does not get on.
    #[error("another process holds {} and does not get on: end it, then try again", lock.display())]
    Busy {
        /// The file that is locked.
        lock: PathBuf,
    },
    /// The cache cannot be written to or read.
    #[error("cannot {action} {}", path.display())]
    Cache {
        /// What was attempted.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl HubError {
    /// A stable name for JSON and logs, such as `gated`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Setting { .. } => "invalid_setting",
            Self::Offline => "offline",
            Self::InvalidRevision { .. } => "invalid_revision",
            Self::Choose { .. } => "choose",
            Self::RepositoryNotFound { .. } => "repository_not_found",
            Self::RevisionNotFound { .. } => "revision_not_found",
            Self::FileNotFound { .. } => "file_not_found",
            Self::NothingToPull { .. } => "nothing_to_pull",
            Self::PartsMissing { .. } => "parts_missing",
            Self::Gated { .. } => "gated",
            Self::TokenRefused { .. } => "token_refused",
            Self::Forbidden { .. } => "forbidden",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } => "unavailable",
            Self::Connection { .. } => "connection",
            Self::Broken { .. } => "broken",
            Self::TimedOut { .. } => "timeout",
            Self::Redirect { .. } => "redirect",
            Self::WebPage { .. } => "web_page",
            Self::Protocol { .. } => "protocol",
            Self::UnsafePath { .. } => "unsafe_path",
            Self::UnexpectedSize { .. } => "unexpected_size",
            Self::WrongHash { .. } => "wrong_hash",
            Self::NoSpace { .. } => "no_space",
            Self::Busy { .. } => "busy",
            Self::Cache { .. } => "cache",
        }
    }

    /// Whether and when the same request may be sent again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::RateLimited { after, .. } | Self::Unavailable { after, .. } => {
                after.map_or(Retry::Backoff, Retry::After)
            }
            // A hub that was never reached is not waited for.
            Self::Connection { was_reached, .. } if !was_reached => Retry::Never,
            Self::Connection { .. } | Self::Broken { .. } | Self::TimedOut { .. } => Retry::Backoff,
            _ => Retry::Never,
        }
    }

    /// An error of the cache's file system.
    pub(super) fn cache(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace {
                folder: path.parent().unwrap_or(&path).to_owned(),
                missing: 1,
            },
            _ => Self::Cache {
                action,
                path,
                source,
            },
        }
    }
}

/// The first of many names.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>();
    match names.len() {
        0 => "no files".to_owned(),
        n if n > SHOWN => format!("{} and {} more", shown.join(", "), n - SHOWN),
        _ => shown.join(", "),
    }
}
