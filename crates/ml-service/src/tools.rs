//! What other programs can have done with the models, whichever protocol they speak.

use inference_core::Error;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

mod backends;
mod call;
mod generate;
mod judged;
mod progress;
mod score;
mod status;

pub(crate) use backends::Backends;
pub(crate) use call::Call;
#[cfg(feature = "mcp")]
pub(crate) use call::invalid;
pub(crate) use generate::Generate;
#[cfg(feature = "mcp")]
pub(crate) use judged::{ModeName, SuiteScore, by_suite};
pub(crate) use progress::Progress;
#[cfg(feature = "server")]
pub(crate) use progress::Untold;
pub(crate) use score::ScoreAnswer;
pub(crate) use status::Status;

/// Something that can be called with arguments.
pub(crate) trait Tool {
    /// What it takes.
    type Arguments: DeserializeOwned + JsonSchema + Send + 'static;
    /// What it gives.
    type Output: Serialize + JsonSchema + 'static;

    /// Does it. Dropping the future cancels.
    fn run(
        call: &Call,
        arguments: Self::Arguments,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}
