//! How a process ended.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Instant;

/// The end of a llama-server.
///
/// Displayed as a verb phrase: `exited with code 1`, `was killed by signal 9 (SIGKILL)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exit {
    /// What the operating system reported; `None` where somebody else in this program has waited
    /// for the process.
    pub status: Option<ExitStatus>,
    /// When it was noticed.
    pub at: Instant,
}

impl Exit {
    /// The signal that killed it, if one did.
    pub fn signal(&self) -> Option<i32> {
        self.status?.signal()
    }

    /// The code it exited with, unless it was killed.
    pub fn code(&self) -> Option<i32> {
        self.status?.code()
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code(), self.signal()) {
            (Some(code), _) => write!(f, "exited with code {code}"),
            (None, Some(signal)) => match name(signal) {
                Some(name) => write!(f, "was killed by signal {signal} ({name})"),
                None => write!(f, "was killed by signal {signal}"),
            },
            (None, None) => f.write_str("ended in an unknown way"),
        }
    }
}

fn name(signal: i32) -> Option<&'static str> {
    use rustix::process::Signal;
    let names = [
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::HUP, "SIGHUP"),
        (Signal::ILL, "SIGILL"),
        (Signal::INT, "SIGINT"),
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::TERM, "SIGTERM"),
    ];
    let known = names.iter().find(|(known, _)| known.as_raw() == signal);
    known.map(|&(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_reads_as_a_sentence() {
        for (raw, text) in [
            (0, "exited with code 0"),
            (0x100, "exited with code 1"),
            (9, "was killed by signal 9 (SIGKILL)"),
            (0x8b, "was killed by signal 11 (SIGSEGV)"),
            (24, "was killed by signal 24"),
        ] {
            let exit = Exit {
                status: Some(ExitStatus::from_raw(raw)),
                at: Instant::now(),
            };
            assert_eq!(exit.to_string(), text);
        }
    }
}
