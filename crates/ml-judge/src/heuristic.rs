//! Scores by patterns in the text.

pub(crate) mod legacy;
mod scores;
pub(crate) mod v2;

pub use scores::HeuristicScores;
pub use v2::{composite, heuristics};
