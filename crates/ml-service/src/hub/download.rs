//! One file, from the hub into the cache.

use reqwest::header::CONTENT_RANGE;
use reqwest::{Response, StatusCode};

use super::HubError;
use super::cache::RepoCache;
use super::client::{Client, broken, host};
use super::listing::RepoFile;
use super::partial::Partial;
use super::progress::Tracker;
use super::refusal::{Asked, is_web_page};

/// Failures are counted anew after this many bytes, so that the attempts at a file are bounded by
/// its size, however often the connection breaks.
const PROGRESS: u64 = 1 << 20;

/// What the downloads of one pull share.
pub(super) struct Download<'a> {
    pub(super) client: &'a Client,
    pub(super) cache: &'a RepoCache,
    pub(super) tracker: &'a Tracker,
    pub(super) commit: &'a str,
    pub(super) asked: Asked<'a>,
}

impl Download<'_> {
    /// Fetches a file unless it is there; tells whether it was. What came of a download that
    /// fails or is dropped stays for the next one.
    pub(super) async fn fetch(&self, file: &RepoFile) -> Result<bool, HubError> {
        let mut was_there = self.cache.has(file);
        if !was_there {
            let _lock = self.cache.lock(file, self.tracker).await?;
            // Whoever held the lock may have fetched it.
            was_there = self.cache.has(file);
            if !was_there {
                self.receive_whole(file).await?;
            }
        }
        if was_there {
            self.tracker.received(file.size);
        }
        self.tracker.file_done();
        Ok(was_there)
    }

    /// Receives a file until its hash is right, which may take a second attempt from the start.
    async fn receive_whole(&self, file: &RepoFile) -> Result<(), HubError> {
        let mut partial = Partial::open(self.cache.partial(file.digest), file).await?;
        self.tracker.received(partial.received());
        self.receive(file, &mut partial).await?;
        if partial.digest() != file.digest {
            self.restart(&mut partial)?;
            self.receive(file, &mut partial).await?;
        }
        let received = partial.digest();
        if received != file.digest {
            partial.remove()?;
            return Err(HubError::WrongHash {
                file: file.path.clone(),
                expected: file.digest,
                received,
            });
        }
        partial.finish(&self.cache.blob(file.digest)).await
    }

    /// Receives what is left of a file, however often the connection breaks meanwhile.
    async fn receive(&self, file: &RepoFile, partial: &mut Partial) -> Result<(), HubError> {
        let mut retries = self.client.retries();
        let mut mark = partial.received();
        while partial.left() > 0 {
            let Err(error) = self.receive_some(file, partial).await else {
                continue;
            };
            // It is less than before where the server made us begin anew.
            mark = mark.min(partial.received());
            if partial.received() - mark >= PROGRESS {
                mark = partial.received();
                retries.reset();
            }
            let Some(wait) = retries.wait(&error) else {
                return Err(error);
            };
            self.tracker.retries(&error, wait);
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    /// Receives from where the file stops, until it is whole.
    async fn receive_some(&self, file: &RepoFile, partial: &mut Partial) -> Result<(), HubError> {
        let asked = Asked {
            file: Some(&file.path),
            ..self.asked
        };
        let repository = self.asked.repository.split('/');
        let path = repository.chain(["resolve", self.commit]);
        let url = self.client.url(path.chain(file.path.split('/')));
        let from = partial.received();
        let mut response = self.client.get(url, from, &asked).await?;
        let host = host(response.url());
        if is_web_page(response.headers()) {
            let what = file.path.clone();
            return Err(HubError::WebPage { host, what });
        }
        if from > 0 && !goes_on(&response, from) {
            self.restart(partial)?;
            if response.status() != StatusCode::OK {
                return Err(interrupted(&host, file));
            }
        }
        if let Some(announced) = response.content_length()
            && announced != partial.left()
        {
            return Err(unexpected(&host, file, partial.received() + announced));
        }
        while let Some(bytes) = response
            .chunk()
            .await
            .map_err(|error| broken(error, &host, &asked))?
        {
            let length = bytes.len() as u64;
            if length > partial.left() {
                return Err(unexpected(&host, file, partial.received() + length));
            }
            partial.write(&bytes)?;
            self.tracker.received(length);
        }
        if partial.left() > 0 {
            // A body without a length ends where the connection does.
            return Err(interrupted(&host, file));
        }
        Ok(())
    }

    fn restart(&self, partial: &mut Partial) -> Result<(), HubError> {
        self.tracker.lost(partial.received());
        partial.restart()
    }
}

/// Whether a reply begins with the byte that was asked for, and not with the first.
fn goes_on(response: &Response, from: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE);
    let start = range.and_then(|range| {
        let range = range.to_str().ok()?.strip_prefix("bytes ")?;
        range.split_once('-')?.0.parse().ok()
    });
    response.status() == StatusCode::PARTIAL_CONTENT && start == Some(from)
}

fn interrupted(host: &str, file: &RepoFile) -> HubError {
    HubError::Broken {
        host: host.to_owned(),
        what: file.path.clone(),
        source: None,
    }
}

fn unexpected(host: &str, file: &RepoFile, received: u64) -> HubError {
    HubError::UnexpectedSize {
        host: host.to_owned(),
        file: file.path.clone(),
        expected: file.size,
        received,
    }
}
