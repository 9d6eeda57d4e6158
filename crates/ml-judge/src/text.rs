//! How text is taken apart: lines, words, sentences.

mod error;
mod excerpt;
mod fold;
mod line;
mod sentence;
pub(crate) mod think;
mod token;
mod verse;

pub(crate) use error::is_error_message;
pub(crate) use excerpt::{cut, excerpt};
pub(crate) use fold::fold;
pub(crate) use line::{Line, LineKind, Lines};
pub(crate) use sentence::{Sentence, sentences};
pub(crate) use token::{Token, Tokens, Word};
pub(crate) use verse::is_verse;
