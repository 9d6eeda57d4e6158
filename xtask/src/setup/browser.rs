//! A Chromium, and playwright-core, which drives it in the tests of the chat page.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::node::Packages;
use super::system::Need;
use crate::cache::Cache;

pub(super) const WHAT: &str = "playwright-core 1.65.1, to drive Chromium with";

/// The folder in the cache: `node_modules`, and in `chromium.txt` the path of the browser.
const PACKAGES: Packages = Packages {
    folder: "browser",
    manifest: include_str!("../../browser/package.json"),
    lock: include_str!("../../browser/package-lock.json"),
};

/// The variable that names a browser where none is found, or another is wanted.
const VARIABLE: &str = "ML_CHROMIUM";

/// The names of Chromium and of Chrome on `PATH`.
const NAMES: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Where they are on a Mac.
const APPLICATIONS: &[&str] = &[
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// The browser that this system has: that of `ML_CHROMIUM`, else one of the usual names and places.
///
/// # Errors
/// `ML_CHROMIUM` names no file.
pub(super) fn installed() -> Result<Option<PathBuf>> {
    find(|name| env::var_os(name), Path::is_file)
}

fn find(
    variable: impl Fn(&str) -> Option<OsString>,
    exists: impl Fn(&Path) -> bool,
) -> Result<Option<PathBuf>> {
    if let Some(named) = variable(VARIABLE).filter(|value| !value.is_empty()) {
        let named = PathBuf::from(named);
        if !exists(&named) {
            bail!("{VARIABLE} names {}, which is no file", named.display());
        }
        return Ok(Some(named));
    }
    let path = variable("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    let on_path = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let mut candidates = on_path.chain(APPLICATIONS.iter().map(PathBuf::from));
    Ok(candidates.find(|candidate| exists(candidate)))
}

fn record(cache: &Cache) -> PathBuf {
    cache.join(PACKAGES.folder).join("chromium.txt")
}

/// Why the browser cannot be driven, if so.
pub(super) fn fault(cache: &Cache) -> Result<Option<String>> {
    if !PACKAGES.are_complete(cache) {
        let folder = cache.join(PACKAGES.folder);
        return Ok(Some(format!("{} lacks playwright-core", folder.display())));
    }
    let Some(browser) = installed()? else {
        return Ok(Some(format!("there is no {}", Need::Browser)));
    };
    let record = record(cache);
    let recorded = fs::read_to_string(&record).is_ok_and(|path| Path::new(&path) == browser);
    Ok((!recorded).then(|| format!("{} does not name {}", record.display(), browser.display())))
}

/// Installs the packages and writes down where the browser is.
pub(super) fn provide(cache: &Cache) -> Result<()> {
    PACKAGES.provide(cache)?;
    let browser = installed()?.context("there is no Chromium")?;
    let path = browser
        .to_str()
        .with_context(|| format!("the path {} is not UTF-8", browser.display()))?;
    let record = record(cache);
    fs::write(&record, path).with_context(|| format!("write {}", record.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(variables: &[(&str, &str)], there: &[&str], expected: Option<&str>) {
        let variable = |name: &str| {
            let (_, value) = variables.iter().find(|(n, _)| *n == name)?;
            Some(OsString::from(value))
        };
        let exists = |path: &Path| there.iter().any(|t| Path::new(t) == path);
        let found = find(variable, exists).ok().flatten();
        assert_eq!(found, expected.map(PathBuf::from));
    }

    #[test]
    fn the_variable_wins_then_the_path_then_a_macs_applications() {
        let variables = [("ML_CHROMIUM", "/opt/c"), ("PATH", "/usr/bin:/snap/bin")];
        let there = ["/opt/c", "/snap/bin/chromium", APPLICATIONS[0]];
        check(&variables, &there, Some("/opt/c"));
        check(&variables[1..], &there, Some("/snap/bin/chromium"));
        check(&[], &there, Some(APPLICATIONS[0]));
        check(&[("ML_CHROMIUM", "")], &[], None);
    }

    #[test]
    fn a_variable_that_names_no_file_is_an_error() {
        let variable = |name: &str| (name == VARIABLE).then(|| "/no/such".into());
        let error = find(variable, |_| false).expect_err("there is none");
        assert!(error.to_string().contains("ML_CHROMIUM"), "{error}");
    }

    #[test]
    fn every_package_has_a_checksum_and_none_a_registry() {
        let lock: serde_json::Value = serde_json::from_str(PACKAGES.lock).expect("JSON");
        let packages = lock["packages"].as_object().expect("packages");
        let installed = packages.iter().filter(|(path, _)| !path.is_empty());
        for (path, package) in installed {
            assert!(package["integrity"].is_string(), "{path}");
            assert!(package["resolved"].is_null(), "{path}");
        }
        let version = &lock["packages"]["node_modules/playwright-core"]["version"];
        assert!(WHAT.contains(version.as_str().expect("a version")));
    }
}
