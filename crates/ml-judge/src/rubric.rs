//! What a judge is asked to look at.
