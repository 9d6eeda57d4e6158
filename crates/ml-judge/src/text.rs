//! How text is taken apart: lines, words, sentences.

mod error;
mod excerpt;
mod fold;
mod line;
mod sentence;
pub(crate) mod think;
mod token;
mod verse;

pub use error::is_error_message;
pub use excerpt::excerpt;
pub use fold::{fold, is_apostrophe};
pub use line::{Line, LineKind, Lines};
pub use sentence::{Sentence, sentences};
pub use token::{Token, Tokens, Word};
pub use verse::is_verse;
