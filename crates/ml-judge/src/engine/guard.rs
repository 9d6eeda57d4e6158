//! A bound around one call: it ends in time, and a panic stays inside.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Interrupted {
    /// It took too long.
    #[error("nothing came within {} s", after.as_secs_f64())]
    Deadline {
        /// The time it had.
        after: Duration,
    },
    /// It panicked.
    #[error("it panicked: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
}

/// Runs a call to its end, its deadline or its panic. A deadline needs tokio's timer.
pub(crate) async fn guard<F: Future>(
    deadline: Option<Duration>,
    call: F,
) -> Result<F::Output, Interrupted> {
    let call = AssertUnwindSafe(call).catch_unwind();
    let ended = match deadline {
        None => call.await,
        Some(after) => match tokio::time::timeout(after, call).await {
            Ok(ended) => ended,
            Err(_) => return Err(Interrupted::Deadline { after }),
        },
    };
    ended.map_err(|panic| Interrupted::Panicked {
        message: message(&*panic),
    })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").to_owned()
}
