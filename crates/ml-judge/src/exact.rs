//! Responses with exactly one right answer.

pub(crate) mod legacy;
