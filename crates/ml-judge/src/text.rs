//! Words, sentences and cuts of texts.
