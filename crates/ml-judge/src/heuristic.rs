//! Scores by patterns in the text.
