//! The two servers, and looking at processes from outside.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use backend_llama::{LlamaConfig, StartError, StartErrorKind};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, test_kill_process, waitid,
};

/// Generous for a machine with other things to do; nothing waits that long when all is well.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// The real server with the real model, as set-up put them into the cache.
pub(crate) fn real() -> LlamaConfig {
    LlamaConfig::new(cached("models/SmolLM2-135M-Instruct.Q4_1.gguf"))
        .with_binary(cached("bin/llama-server"))
        .with_context_length(n(2048))
        .with_parallel(n(2))
        .with_threads(n(1))
        .with_extra_args(["--cache-ram", "0"])
}

/// A server without a model that does as it is told.
pub(crate) fn fake(args: &[&str]) -> LlamaConfig {
    LlamaConfig::new("/models/fake.gguf")
        .with_binary(env!("CARGO_BIN_EXE_fake-llama-server"))
        .with_extra_args(args.iter().copied())
}

pub(crate) fn n(value: u32) -> NonZeroU32 {
    NonZeroU32::new(value).unwrap()
}

/// How often the tests that look for rare races try: `ML_STRESS`, or a few times.
pub(crate) fn rounds(few: usize) -> usize {
    std::env::var("ML_STRESS").map_or(few, |rounds| rounds.parse().expect("ML_STRESS is a number"))
}

fn cached(name: &str) -> PathBuf {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let user = || variable("XDG_CACHE_HOME").or_else(|| Some(std::env::home_dir()?.join(".cache")));
    let cache = variable("ML_CACHE").or_else(|| Some(user()?.join("ml")));
    let path = cache.expect("a home folder").join(name);
    assert!(
        path.exists(),
        "{} is missing: run `cargo xtask setup`",
        path.display()
    );
    path
}

/// A kind of error, or a panic that shows the one that came.
#[track_caller]
pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, StartError>) -> StartErrorKind {
    result.expect_err("the start fails").kind().clone()
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn eventually(what: &str, within: Duration, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + within;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[track_caller]
pub(crate) fn gone(id: u32, folder: &Path, within: Duration) {
    eventually(&format!("process {id} is gone"), within, || !is_alive(id));
    eventually(&format!("{} is gone", folder.display()), within, || {
        !folder.exists()
    });
}

pub(crate) fn is_alive(id: u32) -> bool {
    test_kill_process(pid(id)).is_ok() && !is_zombie(id)
}

pub(crate) fn kill(id: u32, signal: Signal) {
    kill_process(pid(id), signal).unwrap();
}

/// Stops a server of this process and waits until it stands still: a SIGTERM sent meanwhile would
/// come first.
pub(crate) fn freeze(id: u32) {
    kill(id, Signal::STOP);
    let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(pid(id)), stopped).unwrap();
}

/// The watcher of a server: the leader of its process group.
#[cfg(target_os = "linux")]
#[cfg(target_os = "linux")]
pub(crate) fn group(id: u32) -> u32 {
    let group = rustix::process::getpgid(Some(pid(id))).unwrap();
    group.as_raw_nonzero().get().unsigned_abs()
}

/// An orphan that has ended stays until the init process looks after it.
fn is_zombie(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| rest.starts_with(" Z"))
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).unwrap()).unwrap()
}

/// Written by another process: a file that any thread of this one has open for writing, and that
/// another hands to a child for a moment, cannot be executed.
pub(crate) fn write_program(path: &Path, text: &str) {
    let script = "printf %s \"$2\" > \"$1\" && chmod 755 \"$1\"";
    let status = std::process::Command::new("/bin/sh")
        .args(["-c", script, "sh"])
        .arg(path)
        .arg(text)
        .status();
    assert!(status.unwrap().success());
}
