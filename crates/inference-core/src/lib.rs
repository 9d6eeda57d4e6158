//! The contract between language models and the programs that use them.

mod needle;
mod stop;
mod think;

pub use stop::{StopMatcher, StopStep};
pub use think::{ThinkPart, ThinkSplitter};
