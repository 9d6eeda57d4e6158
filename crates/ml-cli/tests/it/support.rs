//! Running the binary and looking at what it does.

use std::ffi::OsStr;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Generous for a machine with other things to do; nothing waits that long when all is well.
pub(crate) const SOON: Duration = Duration::from_mins(1);

/// The binary, about to be run in a home and a folder of its own, with the real cache.
pub(crate) struct Ml {
    command: Command,
    home: TempDir,
    stdin: Vec<u8>,
    is_privileged: bool,
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn ml<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Ml {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ml"));
    command
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("ML_CACHE", cache())
        .current_dir(home.path());
    Ml {
        command,
        home,
        stdin: Vec::new(),
        is_privileged: true,
    }
}

impl Ml {
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Writes a file into the folder that the binary runs in.
    pub(crate) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.home.path().join(name), text).expect("written");
        self
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs it with files that cannot grow beyond this, as on a full disk.
    pub(crate) fn with_files_up_to_kib(mut self, kib: u32) -> Self {
        // POSIX counts blocks of 512 bytes.
        let script = format!("ulimit -f {} && exec \"$0\" \"$@\"", kib * 2);
        let mut command = Command::new("sh");
        command
            .args(["-c", &script])
            .arg(self.command.get_program())
            .args(self.command.get_args())
            .env_clear()
            .current_dir(self.home.path());
        for (name, value) in self.command.get_envs() {
            command.env(name, value.expect("none is removed"));
        }
        self.command = command;
        self
    }

    /// Runs it so that permissions of files count for it, also where the tests run as root.
    pub(crate) fn unprivileged(mut self) -> Self {
        self.is_privileged = false;
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Done {
        self.start().end()
    }

    #[track_caller]
    pub(crate) fn start(mut self) -> Running {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = if self.is_privileged {
            self.command.spawn()
        } else {
            spawn_unprivileged(&mut self.command)
        }
        .expect("the binary starts");
        let mut stdin = child.stdin.take().expect("piped");
        let bytes = std::mem::take(&mut self.stdin);
        // A program that fails early does not read its input.
        std::thread::spawn(move || stdin.write_all(&bytes));
        Running {
            stdout: Reader::new(child.stdout.take().expect("piped")),
            stderr: Reader::new(child.stderr.take().expect("piped")),
            child,
            _home: self.home,
        }
    }

    /// The command and the folder it runs in, for tests that wire it up themselves.
    pub(crate) fn into_parts(self) -> (Command, TempDir) {
        (self.command, self.home)
    }
}

/// Starts a program that permissions of files count for. Only on Linux is root more than that
/// here: a thread of its own gives the privilege up, since children have what their thread has.
fn spawn_unprivileged(command: &mut Command) -> io::Result<Child> {
    #[cfg(target_os = "linux")]
    if rustix::process::geteuid().is_root() {
        use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};

        let spawn = || {
            remove_capability_from_bounding_set(CapabilitySet::DAC_OVERRIDE)?;
            command.spawn()
        };
        let spawned = std::thread::scope(|scope| scope.spawn(spawn).join());
        return spawned.expect("it does not panic");
    }
    command.spawn()
}

/// The binary at work. Dropping it kills it.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) stdout: Reader,
    pub(crate) stderr: Reader,
    _home: TempDir,
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(pid(self.id()), signal).expect("it runs");
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Done {
        let status = wait(&mut self.child);
        Done {
            code: status.code(),
            stdout: self.stdout.to_end(),
            stderr: self.stderr.to_end(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Done {
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is not JSON ({error}): {self:?}"))
    }

    /// Panics unless it ended with this code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    /// Panics unless stderr holds all of these.
    #[track_caller]
    pub(crate) fn says<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "no {text:?} in {self:?}");
        }
        self
    }
}

/// A pipe that is read as it comes.
pub(crate) struct Reader {
    shared: Arc<(Mutex<Seen>, Condvar)>,
}

#[derive(Default)]
struct Seen {
    bytes: Vec<u8>,
    /// Where the next search begins.
    from: usize,
    ended: bool,
}

impl Reader {
    pub(crate) fn new(mut pipe: impl Read + Send + 'static) -> Self {
        let shared = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        let filled = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let read = pipe.read(&mut buffer).unwrap_or(0);
                let mut seen = lock(&filled.0);
                seen.bytes.extend_from_slice(&buffer[..read]);
                seen.ended = read == 0;
                filled.1.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Self { shared }
    }

    /// Waits until this text has come after what was waited for before.
    #[track_caller]
    pub(crate) fn until(&self, text: &str) {
        let found = |seen: &mut Seen| {
            let new = &seen.bytes[seen.from..];
            let at = new
                .windows(text.len())
                .position(|window| window == text.as_bytes())?;
            seen.from += at + text.len();
            Some(())
        };
        self.wait(&format!("{text:?}"), found);
    }

    /// Waits for the next line and gives it, without its end.
    #[cfg(all(feature = "http", feature = "server"))]
    #[track_caller]
    pub(crate) fn line(&self) -> String {
        self.wait("a line", |seen| {
            let new = &seen.bytes[seen.from..];
            let end = new.iter().position(|byte| *byte == b'\n')?;
            let line = String::from_utf8_lossy(&new[..end]).into_owned();
            seen.from += end + 1;
            Some(line)
        })
    }

    /// Waits for the end, and gives all that came.
    #[track_caller]
    pub(crate) fn to_end(&self) -> String {
        self.wait("its end", |seen| seen.ended.then(|| seen.text()))
    }

    #[track_caller]
    fn wait<T>(&self, what: &str, mut done: impl FnMut(&mut Seen) -> Option<T>) -> T {
        let deadline = Instant::now() + SOON;
        let mut seen = lock(&self.shared.0);
        loop {
            if let Some(done) = done(&mut seen) {
                return done;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let waiting = !left.is_zero() && !seen.ended;
            assert!(waiting, "{what} did not come: {:?}", seen.text());
            let waited = self.shared.1.wait_timeout(seen, left);
            seen = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Seen {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// A test that has failed leaves the lock poisoned.
fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

#[track_caller]
pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    let mut status = None;
    eventually("the program ends", || {
        status = child.try_wait().expect("it is our child");
        status.is_some()
    });
    status.expect("it has ended")
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn eventually(what: &str, is_so: impl FnMut() -> bool) {
    within(SOON, what, is_so);
}

#[track_caller]
pub(crate) fn within(time: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + time;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within {time:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).expect("ids are small")).expect("ids are positive")
}

/// The folder with the real parts.
pub(crate) fn cache() -> PathBuf {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let user = || variable("XDG_CACHE_HOME").or_else(|| Some(std::env::home_dir()?.join(".cache")));
    let cache = variable("ML_CACHE").or_else(|| Some(user()?.join("ml")));
    cache.expect("a home folder")
}

/// A real part; without it the test cannot tell anything.
pub(crate) fn cached(name: &str) -> PathBuf {
    let path = cache().join(name);
    let shown = path.display();
    assert!(path.exists(), "{shown} is missing: run `cargo xtask setup`");
    path
}
