//! Ties a child's life to that of the thread that starts it.

use std::process::Command;

/// Lets the kernel kill the child with SIGKILL when the calling thread ends, however it ends.
///
/// Only Linux has such a thing; elsewhere this does nothing, and the watcher is alone. The thread
/// that calls this must be the one that spawns, and must live as long as the child should.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "the signal can only be set between fork and exec"
)]
pub(crate) fn kill_with_this_thread(command: &mut Command) {
    use std::io;
    use std::os::unix::process::CommandExt;

    use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};

    let parent = getpid();
    let tie = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // A parent that died before the call above sends no signal.
        if getppid() == Some(parent) {
            Ok(())
        } else {
            Err(io::Error::from(rustix::io::Errno::SRCH))
        }
    };
    // SAFETY: the closure runs in the child between fork and exec, where only async-signal-safe
    // functions may be called. It makes two plain system calls, allocates nothing (its errors are
    // numbers) and takes no lock.
    unsafe {
        command.pre_exec(tie);
    }
}

/// See the other one: this system has no such signal.
#[cfg(not(target_os = "linux"))]
pub(crate) fn kill_with_this_thread(_command: &mut Command) {}
