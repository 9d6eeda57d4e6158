//! Scores by patterns in the text.

mod scores;

pub use scores::HeuristicScores;
