//! Finding the llama-server executable.

use std::env;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::start_error::StartErrorKind;

const NAME: &str = "llama-server";

/// Where to look, in order; the first that is named decides.
#[derive(Debug, Default)]
pub(crate) struct Search {
    /// From the configuration.
    pub(crate) configured: Option<PathBuf>,
    /// The variable `LLAMA_SERVER`.
    pub(crate) variable: Option<PathBuf>,
    /// The variable `PATH`.
    pub(crate) path: OsString,
    /// The cache folder, which set-up fills.
    pub(crate) cache: Option<PathBuf>,
}

impl Search {
    /// Looks where this process' environment says.
    pub(crate) fn from_env(configured: Option<&Path>) -> Self {
        Self {
            configured: configured.map(Path::to_owned),
            variable: variable("LLAMA_SERVER"),
            path: env::var_os("PATH").unwrap_or_default(),
            cache: cache_folder(),
        }
    }

    /// The executable to run.
    ///
    /// One that is named, by the configuration or by `LLAMA_SERVER`, is never replaced by another.
    pub(crate) fn find(&self) -> Result<PathBuf, StartErrorKind> {
        if let Some(named) = self.configured.as_ref().or(self.variable.as_ref()) {
            return match self.locate(named) {
                Some(path) if is_executable(&path) => Ok(path),
                Some(path) => Err(StartErrorKind::NotExecutable { path }),
                None => Err(StartErrorKind::NoBinary {
                    looked_at: vec![named.clone()],
                }),
            };
        }
        let cached = self
            .cache
            .as_ref()
            .map(|cache| cache.join("bin").join(NAME));
        let found = self.on_path(Path::new(NAME)).or_else(|| {
            let cached = cached.clone();
            cached.filter(|path| is_executable(path))
        });
        found.ok_or_else(|| StartErrorKind::NoBinary {
            looked_at: [Some(PathBuf::from("PATH")), cached]
                .into_iter()
                .flatten()
                .collect(),
        })
    }

    /// A bare name is looked up in `PATH`, as a shell does.
    fn locate(&self, named: &Path) -> Option<PathBuf> {
        if named.components().count() == 1 && !named.is_absolute() {
            return self.on_path(named);
        }
        named.exists().then(|| named.to_owned())
    }

    fn on_path(&self, name: &Path) -> Option<PathBuf> {
        env::split_paths(&self.path)
            .map(|folder| folder.join(name))
            .find(|path| is_executable(path))
    }
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

fn cache_folder() -> Option<PathBuf> {
    let user = || variable("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    let home = || env::home_dir().map(|home| home.join(".cache"));
    variable("ML_CACHE").or_else(|| user().or_else(home).map(|cache| cache.join("ml")))
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    struct Folder(TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn file(&self, name: &str, mode: u32) -> PathBuf {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }
    }

    #[test]
    fn the_order_is_configuration_variable_path_cache() {
        let folder = Folder::new();
        let configured = folder.file("configured/x", 0o755);
        let variable = folder.file("variable/x", 0o755);
        let path = folder.file("path/llama-server", 0o755);
        let cached = folder.file("cache/bin/llama-server", 0o755);
        let mut search = Search {
            configured: Some(configured.clone()),
            variable: Some(variable.clone()),
            path: folder.path("path").into_os_string(),
            cache: Some(folder.path("cache")),
        };
        assert_eq!(search.find().unwrap(), configured);
        search.configured = None;
        assert_eq!(search.find().unwrap(), variable);
        search.variable = None;
        assert_eq!(search.find().unwrap(), path);
        search.path = "".into();
        assert_eq!(search.find().unwrap(), cached);
        search.cache = Some(folder.path("nowhere"));
        let error = search.find().unwrap_err().to_string();
        assert!(error.contains("PATH"), "{error}");
        assert!(error.contains("nowhere/bin/llama-server"), "{error}");
        assert!(error.contains("cargo xtask setup"), "{error}");
    }

    #[test]
    fn one_that_is_named_is_not_replaced() {
        let folder = Folder::new();
        folder.file("path/llama-server", 0o755);
        let mut search = Search {
            configured: Some(folder.path("gone")),
            path: folder.path("path").into_os_string(),
            ..Search::default()
        };
        assert!(matches!(
            search.find(),
            Err(StartErrorKind::NoBinary { .. })
        ));
        search.configured = Some(folder.file("plain", 0o644));
        assert!(matches!(
            search.find(),
            Err(StartErrorKind::NotExecutable { .. })
        ));
        search.configured = Some(folder.path("path"));
        assert!(matches!(
            search.find(),
            Err(StartErrorKind::NotExecutable { .. })
        ));
    }

    #[test]
    fn a_bare_name_is_looked_up_in_path() {
        let folder = Folder::new();
        let path = folder.file("path/my-server", 0o755);
        folder.file("first/my-server", 0o644);
        let folders = [folder.path("first"), folder.path("path")];
        let search = Search {
            configured: Some("my-server".into()),
            path: env::join_paths(folders).unwrap(),
            ..Search::default()
        };
        assert_eq!(search.find().unwrap(), path);
    }
}
