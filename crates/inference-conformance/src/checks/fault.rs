//! What becomes of an answer when something goes wrong.

use inference_core::{Error, ErrorKind, ForEachError, Retry};

use super::{Unmet, Verdict, described, ensure, expect_kind, failed, greedy, not_exercised};
use crate::subject::{Fault, Subject};

pub(super) async fn cut(subject: &dyn Subject) -> Verdict {
    keeps_partial(subject, Fault::Cut, ErrorKind::Truncated).await
}

pub(super) async fn stall(subject: &dyn Subject) -> Verdict {
    keeps_partial(subject, Fault::Stall, ErrorKind::Timeout).await
}

pub(super) async fn crash(subject: &dyn Subject) -> Verdict {
    keeps_partial(subject, Fault::Crash, ErrorKind::Crashed).await
}

pub(super) async fn rate_limit(subject: &dyn Subject) -> Verdict {
    let (_, error) = suffer(subject, Fault::RateLimit).await?;
    expect_kind("status 429", &error, ErrorKind::RateLimited)?;
    let retry = error.retry();
    ensure(matches!(retry, Retry::After(_) | Retry::Backoff), || {
        format!("status 429 has the retry class {retry:?}")
    })
}

async fn keeps_partial(subject: &dyn Subject, fault: Fault, kind: ErrorKind) -> Verdict {
    let (shown, error) = suffer(subject, fault).await?;
    expect_kind(format_args!("{fault:?}"), &error, kind)?;
    if shown.is_empty() {
        return not_exercised("no text came before the fault");
    }
    Ok(())
}

/// Asks a model that fails; what it showed until then must be kept.
async fn suffer(subject: &dyn Subject, fault: Fault) -> Result<(String, Error), Unmet> {
    let Some(provoked) = subject.provoke(fault).await else {
        return not_exercised(format!("the subject cannot provoke {fault:?}"));
    };
    let mut strike = provoked.strike;
    let mut shown = String::new();
    let stream = provoked.model.generate(provoked.prompt, greedy(1024));
    let result = stream.for_each_text(|text| {
        shown.push_str(text);
        if let Some(strike) = strike.take() {
            strike();
        }
        Ok::<(), std::convert::Infallible>(())
    });
    let failure = match result.await {
        Ok(answer) => {
            return failed(format!(
                "{fault:?} passed for an answer that ended with {:?}",
                answer.finish_reason
            ));
        }
        Err(ForEachError::Generation(failure)) => failure,
        Err(ForEachError::Callback(never)) => match never {},
    };
    ensure(failure.partial.text == shown, || {
        format!(
            "of {shown:?} only {:?} was kept, with {}",
            failure.partial.text,
            described(&failure)
        )
    })?;
    let backend = &provoked.model.info().backend;
    ensure(failure.error.backend() == Some(backend), || {
        format!(
            "the error does not name the backend {backend}: {}",
            failure.error
        )
    })?;
    Ok((shown, failure.error))
}
