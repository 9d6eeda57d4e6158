//! Where configuration is looked for: the flag, the environment, the folders.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy as _, Xdg};

/// The variables that are read.
const VARIABLES: [&str; 5] = [
    "ML_CONFIG",
    "ML_MODEL",
    "ML_BACKEND",
    "ML_MAX_TOKENS",
    "ML_TEMPERATURE",
];

/// The name of a configuration file.
pub(crate) const FILE_NAME: &str = "ml.toml";

/// Where configuration is looked for. It is a value, so that a program or a test can say it all
/// without touching the process.
#[derive(Debug, Clone, Default)]
pub struct ConfigSources {
    /// The file that the command line names.
    pub(crate) flag: Option<PathBuf>,
    /// Set variables among those that are read.
    pub(crate) variables: BTreeMap<&'static str, OsString>,
    pub(crate) current_folder: PathBuf,
    pub(crate) home: Option<PathBuf>,
    pub(crate) user_file: Option<PathBuf>,
    /// Backends that the program has besides those of this crate.
    pub(crate) backends: Vec<String>,
}

/// A file that was found, and whether the user chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) asked_by: &'static str,
    pub(crate) trusted: bool,
}

impl ConfigSources {
    /// The process' own environment and folders. An empty variable counts as unset.
    pub fn from_env() -> Self {
        let folders = Xdg::new().ok();
        let variables = VARIABLES.into_iter().filter_map(|name| {
            let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
            Some((name, value))
        });
        Self {
            flag: None,
            variables: variables.collect(),
            current_folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            home: folders
                .as_ref()
                .map(|folders| folders.home_dir().to_owned()),
            user_file: folders.map(|folders| folders.config_dir().join("ml").join(FILE_NAME)),
            backends: Vec::new(),
        }
    }

    /// Nothing but a current folder: no variables, no home.
    pub fn in_folder(current_folder: impl Into<PathBuf>) -> Self {
        Self {
            current_folder: current_folder.into(),
            ..Self::default()
        }
    }

    /// The file that the command line names; it must exist.
    #[must_use]
    pub fn with_flag(mut self, file: Option<PathBuf>) -> Self {
        self.flag = file;
        self
    }

    /// Sets one of the variables that are read; others are ignored.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        if let Some(name) = VARIABLES.into_iter().find(|known| *known == name) {
            self.variables.insert(name, value.into());
        }
        self
    }

    /// Sets the folder that `~` stands for.
    #[must_use]
    pub fn with_home(mut self, home: impl Into<PathBuf>) -> Self {
        self.home = Some(home.into());
        self
    }

    /// Sets the user's own file, which is read when nothing else is found.
    #[must_use]
    pub fn with_user_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.user_file = Some(file.into());
        self
    }

    /// Lets files name a backend that the program brings itself, see
    /// [`Service::with_registry`](crate::Service::with_registry).
    #[must_use]
    pub fn with_backend(mut self, name: impl Into<String>) -> Self {
        self.backends.push(name.into());
        self
    }

    /// The user's own file, whether it exists or not: `$XDG_CONFIG_HOME/ml/ml.toml`, else
    /// `~/.config/ml/ml.toml`. `None` without a home folder.
    pub fn user_file(&self) -> Option<&Path> {
        self.user_file.as_deref()
    }

    /// The file to read: the flag's, else `ML_CONFIG`, else `ml.toml` in the current folder, else
    /// the user's own. `None` where there is none of them.
    pub fn file(&self) -> Option<PathBuf> {
        self.find().map(|found| found.path)
    }

    pub(crate) fn find(&self) -> Option<Found> {
        let named = |path: &Path, asked_by| Found {
            path: self.absolute(path),
            asked_by,
            trusted: true,
        };
        if let Some(path) = &self.flag {
            return Some(named(path, "--config"));
        }
        if let Some(path) = self.variables.get("ML_CONFIG") {
            return Some(named(Path::new(path), "ML_CONFIG"));
        }
        let local = self.current_folder.join(FILE_NAME);
        let user = self.user_file.as_ref().filter(|file| file.is_file());
        if local.is_file() {
            let is_users = user.is_some_and(|user| is_same(user, &local));
            return Some(Found {
                path: local,
                asked_by: "the current folder",
                trusted: is_users,
            });
        }
        user.map(|path| named(path, "the user's configuration folder"))
    }

    /// A variable that is set.
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(name).map(OsString::as_os_str)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        let path = self.current_folder.join(self.expand(path));
        // Takes out the dots of ./ml.toml.
        std::path::absolute(&path).unwrap_or(path)
    }

    /// Replaces a leading `~` by the home folder.
    pub(crate) fn expand(&self, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), &self.home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => path.to_owned(),
        }
    }
}

fn is_same(left: &Path, right: &Path) -> bool {
    matches!((left.canonicalize(), right.canonicalize()), (Ok(left), Ok(right)) if left == right)
}
