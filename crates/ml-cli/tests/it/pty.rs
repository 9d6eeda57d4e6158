//! A pseudo-terminal: the program believes that a person is there.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tempfile::TempDir;

use crate::support::{Ml, Reader, pid, wait};

/// The binary on a terminal. Dropping it kills it.
pub(crate) struct Terminal {
    child: Child,
    keys: File,
    pub(crate) screen: Reader,
    home: TempDir,
}

impl Terminal {
    pub(crate) fn open(ml: Ml) -> Self {
        let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&user).expect("ours");
        unlockpt(&user).expect("ours");
        let name = ptsname(&user, Vec::new()).expect("it has a name");
        let program = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty());
        let program: OwnedFd = program.expect("it opens");
        let another = || Stdio::from(program.try_clone().expect("a descriptor"));
        let (mut command, home) = ml.env("TERM", "xterm-256color").into_parts();
        let child = command.stdin(another()).stdout(another()).stderr(another());
        let child = child.spawn().expect("the binary starts");
        // Else the command would keep the terminal open after the program's end.
        drop((program, command));
        let user = File::from(user);
        Self {
            child,
            screen: Reader::new(user.try_clone().expect("a descriptor")),
            keys: user,
            home,
        }
    }

    /// Waits for the prompt, then types this and Enter.
    #[track_caller]
    pub(crate) fn enter(&mut self, text: &str) {
        self.press(text);
        self.keys.write_all(b"\r").expect("it is open");
    }

    /// Waits for the prompt, before which keys are not the program's, then presses these.
    #[track_caller]
    pub(crate) fn press(&mut self, keys: &str) {
        self.screen.until("\u{1b}[K> ");
        self.keys.write_all(keys.as_bytes()).expect("it is open");
    }

    /// Ctrl-C while the program does not read keys: the terminal is not the program's
    /// controlling one, so the signal has to be sent.
    pub(crate) fn interrupt(&self) {
        kill_process(pid(self.child.id()), Signal::INT).expect("it runs");
    }

    /// Waits for the end; gives the exit code and the folder it ran in.
    #[track_caller]
    pub(crate) fn end(mut self) -> (Option<i32>, TempDir) {
        let code = wait(&mut self.child).code();
        let home = std::mem::replace(&mut self.home, tempfile::tempdir().expect("a folder"));
        (code, home)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
