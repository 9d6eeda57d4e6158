//! What scores responses.

mod refusal;

use std::fmt;

use futures::future::BoxFuture;

use crate::{Response, Score};

pub use refusal::RefusalSuite;

/// One way to score responses.
pub trait Suite: fmt::Debug + Send + Sync {
    /// The name, as on the command line.
    fn name(&self) -> &str;

    /// Version of the formula or rubric.
    fn version(&self) -> &str;

    /// Whether the response has what the suite needs, such as the right answer. Others are passed
    /// over without a score.
    fn applies(&self, response: &Response) -> bool;

    /// Scores a response that the suite [applies](Self::applies) to. What fails is an
    /// [unscored](crate::Outcome::Unscored) outcome with its reason. Dropping the future cancels.
    fn score<'a>(&'a self, response: &'a Response) -> BoxFuture<'a, Score>;
}
