//! `cargo xtask setup`: the real parts that tests and demo use, in the user's cache folder.

mod browser;
mod checksum;
mod gold;
mod llama_server;
mod mlx;
mod model;
mod node;
mod pinned;
mod pip;
mod promtool;
mod system;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::cache::Cache;
use crate::spoken;

pub(crate) use llama_server::binary as llama_server;
pub(crate) use model::file as model;
use system::Need;

/// Fills the cache: a small model, a pinned llama-server, built from source, MLX, labelled answers, Node.js and what
/// drives a browser, other people's clients, and promtool.
///
/// The cache is `$ML_CACHE`, else `$XDG_CACHE_HOME/ml`, else `~/.cache/ml`; all clones share it. What is there and
/// right is kept. The first time takes a few minutes, most of it for llama-server. On Linux this clone is told where
/// MLX is by `.cargo/mlx.toml`; on macOS Cargo builds MLX, and what that needs is checked.
#[derive(Clone, Copy, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Change nothing; say what is missing, and fail if something is.
    #[arg(long)]
    check: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask setup
  cargo xtask setup --check
  ML_CACHE=/elsewhere cargo xtask setup";

pub(crate) fn run(args: Args) -> Result<()> {
    if args.check {
        check()
    } else {
        ensure(Part::ALL).map(drop)
    }
}

/// Sets up those of the parts that are missing, and returns the cache. Waits for another set-up at work on the same cache.
pub(crate) fn ensure(parts: &[Part]) -> Result<Cache> {
    let cache = Cache::from_env()?;
    if missing(&cache, parts)?.is_empty() {
        println!("set-up: everything is in {}", cache.folder().display());
        return Ok(cache);
    }
    let started = Instant::now();
    println!("set-up: into {}", cache.folder().display());
    let _lock = lock(&cache)?;
    fill(&cache, &missing(&cache, parts)?)?;
    println!("set-up: done in {}", spoken::duration(started.elapsed()));
    Ok(cache)
}

/// The Python of the oracles, with all that they import; installed into the cache if need be.
pub(crate) fn oracle_python(cache: &Cache) -> Result<PathBuf> {
    python(cache, &pip::ORACLE, "oracles' packages")
}

/// A Python with Inspect AI; installed into the cache if need be.
pub(crate) fn inspect_python(cache: &Cache) -> Result<PathBuf> {
    python(cache, &pip::INSPECT, "Inspect AI")
}

fn python(cache: &Cache, environment: &pip::Environment, what: &str) -> Result<PathBuf> {
    if !environment.is_complete(cache) {
        let _lock = lock(cache)?;
        step(&format!("{what} in a virtual environment"), || {
            environment.provide(cache)
        })?;
    }
    Ok(environment.program(cache, "python"))
}

/// The Cargo configuration with which another workspace finds MLX; on macOS none is needed.
///
/// # Errors
/// MLX is not set up.
pub(crate) fn mlx_configuration() -> Result<Option<String>> {
    mlx::configuration(&Cache::from_env()?)
}

/// What set-up provides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Model,
    LlamaServer,
    Mlx,
    /// Answers with people's labels.
    Gold,
    /// What runs tests in JavaScript.
    Node,
    /// A browser and what drives it; runs on Node.
    Browser,
    /// Other people's clients of our servers, in Python.
    Clients,
    /// Prometheus' checker of metrics.
    Promtool,
}

impl Part {
    /// Every part that this system can have.
    pub(crate) const ALL: &[Self] = if mlx::runs_here() {
        &[
            Self::Model,
            Self::LlamaServer,
            Self::Mlx,
            Self::Gold,
            Self::Node,
            Self::Browser,
            Self::Clients,
            Self::Promtool,
        ]
    } else {
        &[
            Self::Model,
            Self::LlamaServer,
            Self::Gold,
            Self::Node,
            Self::Browser,
            Self::Clients,
            Self::Promtool,
        ]
    };

    /// MLX, where this system can have it.
    pub(crate) const MLX: &[Self] = if mlx::runs_here() { &[Self::Mlx] } else { &[] };

    fn name(self) -> &'static str {
        match self {
            Self::Model => "the model",
            Self::LlamaServer => "llama-server",
            Self::Mlx => "MLX",
            Self::Gold => "the gold data",
            Self::Node => "Node.js",
            Self::Browser => "the browser",
            Self::Clients => "clients in Python",
            Self::Promtool => "promtool",
        }
    }

    /// What the system has to bring along for it.
    fn needs(self) -> &'static [Need] {
        match self {
            Self::LlamaServer | Self::Mlx => &[Need::Compiler, Need::Python],
            Self::Browser => &[Need::Python, Need::Browser],
            Self::Model | Self::Gold | Self::Node | Self::Clients => &[Need::Python],
            Self::Promtool => &[],
        }
    }

    /// Why the part cannot be used as it is, if so.
    fn fault(self, cache: &Cache) -> Result<Option<String>> {
        match self {
            Self::Model => model::fault(cache),
            Self::LlamaServer => Ok(llama_server::fault(cache)),
            Self::Mlx => mlx::fault(cache),
            Self::Gold => gold::fault(cache),
            Self::Node => Ok(node::fault(cache)),
            Self::Browser => browser::fault(cache),
            Self::Clients => Ok(pip::CLIENTS.fault(cache)),
            Self::Promtool => Ok(promtool::fault(cache)),
        }
    }
}

/// What the system has to bring along for the parts, each once.
fn needs(parts: &[Part]) -> Vec<Need> {
    let mut needs = Vec::new();
    for need in parts.iter().flat_map(|part| part.needs()) {
        if !needs.contains(need) {
            needs.push(*need);
        }
    }
    needs
}

fn missing(cache: &Cache, parts: &[Part]) -> Result<Vec<Part>> {
    let mut missing = Vec::new();
    for &part in parts {
        if part.fault(cache)?.is_some() {
            missing.push(part);
        }
    }
    Ok(missing)
}

fn fill(cache: &Cache, missing: &[Part]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    step("system packages", || system::provide(&needs(missing)))?;
    step("Python tools in a virtual environment", || {
        pip::TOOLS.provide(cache)
    })?;
    for part in missing {
        match part {
            Part::Model => step(model::WHAT, || model::provide(cache))?,
            Part::LlamaServer => {
                step(llama_server::SOURCE, || llama_server::download(cache))?;
                step(llama_server::WHAT, || llama_server::build(cache))?;
            }
            Part::Mlx => step(mlx::WHAT, || mlx::provide(cache))?,
            Part::Gold => step(gold::WHAT, || gold::provide(cache))?,
            Part::Node => step(node::WHAT, || node::provide(cache))?,
            Part::Browser => step(browser::WHAT, || browser::provide(cache))?,
            Part::Clients => step("clients in a virtual environment", || {
                pip::CLIENTS.provide(cache)
            })?,
            Part::Promtool => step(promtool::WHAT, || promtool::provide(cache))?,
        }
    }
    remove_folder(&cache.join("downloads"))
}

fn check() -> Result<()> {
    let cache = Cache::from_env()?;
    println!("cache: {}", cache.folder().display());
    let mut faults = 0;
    for part in Part::ALL {
        match part.fault(&cache)? {
            None => println!("  right    {}", part.name()),
            Some(fault) => {
                println!("  missing  {}: {fault}", part.name());
                faults += 1;
            }
        }
    }
    if faults == 0 {
        return Ok(());
    }
    for need in system::missing(&needs(Part::ALL)) {
        println!("  missing  {need}");
    }
    bail!("the cache is not complete; `cargo xtask setup` fills it");
}

fn step(what: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("  {what}");
    let started = Instant::now();
    work().with_context(|| format!("set-up of the {what}"))?;
    println!("    done in {}", spoken::duration(started.elapsed()));
    Ok(())
}

/// Holds the cache's lock until dropped; the system frees it if we die.
fn lock(cache: &Cache) -> Result<File> {
    fs::create_dir_all(cache.folder())
        .with_context(|| format!("create {}", cache.folder().display()))?;
    let path = cache.join("setup.lock");
    let take = || -> io::Result<File> {
        let file = File::create(&path)?;
        if file.try_lock().is_err() {
            println!("  another set-up is at work on this cache: waiting for it");
            file.lock()?;
        }
        Ok(file)
    };
    take().with_context(|| format!("lock {}", path.display()))
}

/// Removes a folder with all it holds, if it is there.
pub(crate) fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn a_second_setup_waits_for_the_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(&folder.path().join("new"));
        let first = lock(&cache).expect("nobody holds it");
        let (sender, taken) = mpsc::channel();
        let other = cache.clone();
        let second = thread::spawn(move || {
            let lock = lock(&other);
            sender.send(()).expect("the test listens");
            lock
        });
        assert!(
            File::create(cache.join("setup.lock"))
                .expect("it exists")
                .try_lock()
                .is_err()
        );
        assert!(taken.try_recv().is_err(), "the lock was given twice");
        drop(first);
        second.join().expect("no panic").expect("it is free now");
    }

    #[test]
    fn an_empty_cache_lacks_its_parts_and_nothing_is_created() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(&folder.path().join("new"));
        let missing = missing(&cache, Part::ALL).expect("it can be read");
        assert!(missing.starts_with(&[Part::Model, Part::LlamaServer]));
        assert!(!cache.folder().exists());
    }

    #[test]
    fn removing_a_folder_that_is_not_there_is_fine() {
        let folder = tempfile::tempdir().expect("a folder");
        remove_folder(&folder.path().join("none")).expect("nothing to do");
    }
}
