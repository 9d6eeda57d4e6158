//! Nothing survives the program that owns a server, however that dies.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;

#[cfg(target_os = "linux")]
use crate::support::{eventually, group};
use crate::support::{gone, is_alive, kill, rounds};

/// A program that owns a server, and what it says of it.
struct Parent {
    process: Child,
    server: u32,
    folder: PathBuf,
}

impl Parent {
    fn spawn(config: &str, task: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_llama-parent"))
            .args([config, task])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let (id, folder) = line
            .trim_end()
            .split_once(' ')
            .expect("it tells of its server");
        Self {
            server: id.parse().unwrap(),
            folder: folder.into(),
            process,
        }
    }

    #[track_caller]
    fn dies_of(mut self, signal: Signal) {
        assert!(is_alive(self.server) && self.folder.exists());
        kill(self.process.id(), signal);
        assert_eq!(self.process.wait().unwrap().signal(), Some(signal.as_raw()));
        self.has_left_nothing();
    }

    #[track_caller]
    fn has_left_nothing(&self) {
        gone(self.server, &self.folder, Duration::from_secs(1));
    }
}

fn fake(arg: &str) -> String {
    let binary = env!("CARGO_BIN_EXE_fake-llama-server");
    format!(r#"{{"model":"/models/fake.gguf","binary":"{binary}","extra_args":["{arg}"]}}"#)
}

fn real() -> String {
    let config = crate::support::real();
    format!(
        r#"{{"model":"{}","binary":"{}","context_length":2048,"parallel":2,"threads":1}}"#,
        config.model.display(),
        config.binary.unwrap().display()
    )
}

#[test]
fn killed_in_the_middle_of_an_answer() {
    for _ in 0..rounds(5) {
        Parent::spawn(&real(), "answer").dies_of(Signal::KILL);
    }
}

#[test]
fn by_any_signal() {
    for signal in [Signal::KILL, Signal::TERM, Signal::ABORT] {
        Parent::spawn(&fake("--fake-ignore-term"), "hold").dies_of(signal);
    }
}

#[test]
fn by_an_exit_that_clears_nothing_up() {
    let mut parent = Parent::spawn(&fake("--fake-ignore-term"), "exit");
    assert!(parent.process.wait().unwrap().success());
    parent.has_left_nothing();
}

#[test]
fn even_when_the_server_is_frozen() {
    let parent = Parent::spawn(&fake("--fake-ignore-term"), "hold");
    kill(parent.server, Signal::STOP);
    parent.dies_of(Signal::KILL);
}

/// As it is on systems where the kernel does not help.
#[test]
fn by_the_watcher_alone() {
    for _ in 0..rounds(5) {
        Parent::spawn(&fake("--fake-ignore-parent-death"), "hold").dies_of(Signal::KILL);
    }
}

/// As it is when somebody kills the watcher in the same moment.
#[cfg(target_os = "linux")]
#[test]
fn by_the_kernel_alone() {
    let mut parent = Parent::spawn(&fake("--fake-ignore-term"), "hold");
    let watcher = group(parent.server);
    kill(watcher, Signal::STOP);
    kill(parent.process.id(), Signal::KILL);
    parent.process.wait().unwrap();
    let server = parent.server;
    eventually("the server is gone", Duration::from_secs(1), || {
        !is_alive(server)
    });
    kill(watcher, Signal::CONT);
    parent.has_left_nothing();
}
