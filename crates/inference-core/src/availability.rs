//! Whether something can be used now, and if not, why and what to do.

use std::fmt;

/// Whether a backend, loader or model can be used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// It can be used.
    Available,
    /// It cannot; the reason says why and what to do.
    Unavailable(String),
}

impl Availability {
    /// Not available, for this reason.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable(reason.into())
    }

    /// Whether it can be used.
    pub fn is_available(&self) -> bool {
        matches!(self, Self::Available)
    }

    /// Why it cannot be used.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Available => None,
            Self::Unavailable(reason) => Some(reason),
        }
    }
}

impl fmt::Display for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Available => f.write_str("available"),
            Self::Unavailable(reason) => write!(f, "not available: {reason}"),
        }
    }
}
