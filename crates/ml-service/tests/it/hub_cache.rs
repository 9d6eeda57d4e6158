//! A cache of its own for every test, and pulls into it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use inference_core::Places;
use ml_service::{Config, Hub, HubConfig, HubError, PullOptions, Pulled, Service};
use tempfile::TempDir;

use crate::fake_hub::{COMMIT, FakeHub};

/// The cache's folder for the repository.
const FOLDER: &str = "models--org--name";

pub(crate) struct Cache(TempDir);

impl Cache {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The hub, with the patience of a test.
    pub(crate) fn config(&self, hub: &FakeHub) -> HubConfig {
        HubConfig::new(&hub.url(), self.0.path())
            .unwrap()
            .with_retry_wait(Duration::from_millis(1))
            .with_idle_timeout(Duration::from_secs(30))
    }

    pub(crate) fn pull(&self, hub: &FakeHub, model: &str) -> Result<Pulled, HubError> {
        self.pull_with(hub, self.config(hub), model, &PullOptions::default())
    }

    #[expect(clippy::unused_self, reason = "the configuration names this cache")]
    pub(crate) fn pull_with(
        &self,
        hub: &FakeHub,
        config: HubConfig,
        model: &str,
        options: &PullOptions,
    ) -> Result<Pulled, HubError> {
        let model = model.parse().unwrap();
        hub.block_on(async { Hub::new(config)?.pull(&model, options).await })
    }

    /// The repository's folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.0.path().join(FOLDER)
    }

    /// A path below it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder().join(path)
    }

    pub(crate) fn blob(&self, hash: &str) -> PathBuf {
        self.path("blobs").join(hash)
    }

    pub(crate) fn partial(&self, hash: &str) -> PathBuf {
        self.path("blobs").join(format!("{hash}.incomplete"))
    }

    pub(crate) fn lock(&self, hash: &str) -> PathBuf {
        let locks = self.0.path().join(".locks").join(FOLDER);
        locks.join(format!("{hash}.lock"))
    }

    pub(crate) fn snapshot(&self) -> PathBuf {
        self.path("snapshots").join(COMMIT)
    }

    /// The names in one of the repository's folders.
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        names(&self.path(path))
    }

    /// The places with nothing but this cache.
    pub(crate) fn places(&self) -> Places {
        let mut places = Places::default();
        places.hugging_face = Some(self.0.path().to_owned());
        places
    }

    /// A service that looks for models here only.
    pub(crate) fn service(&self) -> Service {
        Service::new(&Config::default()).with_places(self.places())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
