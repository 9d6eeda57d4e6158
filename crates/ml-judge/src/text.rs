//! Words, sentences and cuts of texts.

pub(crate) mod think;
