//! What each kind of backend must be able to show.

use crate::Check;

/// A kind of backend, which decides what a report must hold at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// An engine in the same process: everything but the faults of servers and processes.
    InProcess,
    /// A client of servers: everything but the death of an engine.
    Http,
    /// A server process of our own: everything but what a server of others does, and what its
    /// HTTP client shows already (cut answers, slow readers).
    Process,
}

impl Kind {
    /// Whether a backend of this kind must exercise a check.
    pub fn requires(self, check: Check) -> bool {
        let exempt: &[Check] = match self {
            Self::InProcess => &[Check::Cut, Check::Stall, Check::RateLimit, Check::Crash],
            Self::Http => &[Check::Crash],
            Self::Process => &[Check::Cut, Check::RateLimit, Check::SlowReader],
        };
        !exempt.contains(&check)
    }
}
