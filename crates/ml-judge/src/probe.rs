//! Questions with checked answers.

pub(crate) mod legacy;
