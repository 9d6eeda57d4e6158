//! Scores by patterns in the text.

pub(crate) mod legacy;
mod scores;

pub use scores::HeuristicScores;
