//! A folder with configuration files in it.

use std::fs;
use std::path::{Path, PathBuf};

use ml_service::{Config, ConfigError, ConfigSources};
use tempfile::TempDir;

/// A home folder with a current folder in it.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(folder.current()).unwrap();
        folder
    }

    /// The current folder.
    pub(crate) fn current(&self) -> PathBuf {
        self.0.path().join("current")
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, named from the home folder.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The user's own file, whether it exists or not.
    pub(crate) fn user_file(&self) -> PathBuf {
        self.0.path().join(".config/ml/ml.toml")
    }

    pub(crate) fn sources(&self) -> ConfigSources {
        ConfigSources::in_folder(self.current())
            .with_home(self.0.path())
            .with_user_file(self.user_file())
    }

    /// What a trusted file with this text is read as.
    pub(crate) fn read(&self, text: &str) -> Result<Config, ConfigError> {
        let file = self.file("trusted.toml", text);
        Config::load(&self.sources().with_flag(Some(file)))
    }
}

/// One model, which is enough for a file to be accepted.
pub(crate) fn model(path: &str) -> String {
    format!("[models.smol]\npath = {path:?}\n")
}
