//! A tiny process that outlives ours just long enough to end the server.
//!
//! It leads the process group that the server joins, and reads a pipe whose other end only we
//! hold. However we die, the system closes that end; the watcher reads the end of the file,
//! removes the folder of the socket and kills its own group.
//!
//! - It kills the group that it is a member of, never a process id: ids are used again, but not
//!   that of a group that still has a member.
//! - A server that is just being forked when we die holds a copy of our end until it executes, and
//!   joins the group before that. So the end of the file cannot come too early.
//! - The group is not that of the terminal: Ctrl-C does not reach it. SIGTERM, by which servers
//!   are asked to stop, reaches the whole group, and the watcher ignores it.

use std::env;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Says that it watches, then reads until the other end of the pipe is closed. `$1` is the folder
/// to remove.
const SCRIPT: &str = "trap '' HUP INT QUIT TERM
echo
while read -r line; do :; done
rm -rf -- \"$1\"
kill -KILL 0";

/// The watcher and our end of its pipe.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) process: Child,
    pub(crate) lifeline: ChildStdin,
}

impl Watcher {
    /// Starts a watcher for the server whose socket is in `folder`, and waits until it watches.
    pub(crate) fn spawn(folder: &Path) -> io::Result<Self> {
        let mut process = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "ml-watcher"])
            .arg(folder)
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let lifeline = process.stdin.take().expect("its input is piped");
        let mut output = process.stdout.take().expect("its output is piped");
        if let Err(error) = output.read_exact(&mut [0]) {
            drop(lifeline);
            let _ = process.wait();
            return Err(error);
        }
        Ok(Self { process, lifeline })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use rustix::process::{Pid, Signal, kill_process_group};

    use super::*;

    fn sleeper(watcher: &Watcher) -> Child {
        let group = i32::try_from(watcher.process.id()).unwrap();
        let mut sleeper = Command::new("/bin/sleep");
        sleeper.arg("1000").process_group(group).spawn().unwrap()
    }

    #[test]
    fn when_the_pipe_closes_the_whole_group_and_the_folder_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("llama.sock"), "").unwrap();
        let mut watcher = Watcher::spawn(folder.path()).unwrap();
        let mut server = sleeper(&watcher);
        drop(watcher.lifeline);
        assert_eq!(server.wait().unwrap().signal(), Some(9));
        assert_eq!(watcher.process.wait().unwrap().signal(), Some(9));
        assert!(!folder.path().exists());
    }

    #[test]
    fn a_signal_that_asks_the_server_to_stop_leaves_the_watcher() {
        let folder = tempfile::tempdir().unwrap();
        let mut watcher = Watcher::spawn(folder.path()).unwrap();
        let group = Pid::from_child(&watcher.process);
        let mut server = sleeper(&watcher);
        // All but the last may be ignored where the tests run, and so by the sleeper.
        for signal in [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM] {
            kill_process_group(group, signal).unwrap();
        }
        server.wait().unwrap();
        drop(watcher.lifeline);
        assert_eq!(watcher.process.wait().unwrap().signal(), Some(9));
        assert!(!folder.path().exists(), "it lived to clear up");
    }
}
