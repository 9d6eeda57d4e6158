//! Scores by a judging model.
