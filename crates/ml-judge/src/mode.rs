//! Which rules a score was made by.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The rules that a score was made by. Scores of different modes are never compared.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[non_exhaustive]
pub enum Mode {
    /// Bit for bit the rules of the Go predecessor as of February 2026, for comparison with
    /// scores that it stored. Judges are not a part of it: they are asked by the current rubrics,
    /// and an answer that cannot be read leaves a score open in place of zeros.
    #[serde(rename = "legacy-2026-02")]
    Legacy202602,
    /// The current rules.
    #[default]
    #[serde(rename = "v2")]
    V2,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 2] = [Self::Legacy202602, Self::V2];

    /// The name, as in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Legacy202602 => "legacy-2026-02",
            Self::V2 => "v2",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No mode has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no mode is called {name:?}: there are legacy-2026-02 and v2")]
pub struct UnknownMode {
    /// The name.
    pub name: String,
}

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, UnknownMode> {
        let found = Self::ALL.into_iter().find(|mode| mode.name() == name);
        found.ok_or_else(|| UnknownMode { name: name.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_alike() {
        for mode in Mode::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
            let json = serde_json::to_string(&mode).expect("JSON");
            assert_eq!(json, format!("{:?}", mode.name()));
        }
        let error = "v3".parse::<Mode>().expect_err("there is none");
        assert!(error.to_string().contains("v2"), "{error}");
    }
}
