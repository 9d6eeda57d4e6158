//! What scores responses.

mod content;
mod heuristic;
mod judged;
mod pairs;
mod probe;
mod refusal;
mod selection;

use std::fmt;

use futures::future::BoxFuture;

pub use content::{ContentReference, ContentReferences};
pub use heuristic::HeuristicSuite;
pub use judged::JudgedSuite;
pub use pairs::{OtherResponses, PairSuite};
pub use probe::ProbeSuite;
pub use refusal::RefusalSuite;
pub use selection::{Catalog, JudgeAbsent, Selection, SelectionError};

use crate::{Judging, Response, Score};

/// One way to score responses.
pub trait Suite: fmt::Debug + Send + Sync {
    /// The name, as on the command line.
    fn name(&self) -> &str;

    /// Version of the formula or rubric.
    fn version(&self) -> &str;

    /// The judges that it asks, and how: a part of what its scores are recorded under. Most suites
    /// ask nobody.
    fn judges(&self) -> &[Judging] {
        &[]
    }

    /// Whether the response has what the suite needs, such as the right answer. Others are passed
    /// over without a score.
    fn applies(&self, response: &Response) -> bool;

    /// Scores a response that the suite [applies](Self::applies) to. What fails is an
    /// [unscored](crate::Outcome::Unscored) outcome with its reason. Dropping the future cancels.
    fn score<'a>(&'a self, response: &'a Response) -> BoxFuture<'a, Score>;
}
