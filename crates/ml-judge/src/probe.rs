//! Questions with checked answers.
