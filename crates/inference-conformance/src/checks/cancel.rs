//! Ending an answer early, and reading it slowly.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::channel::oneshot;
use inference_core::{Event, ForEachError, GenerateOptions, TokenStream};

use super::{Unmet, Verdict, activity, described, ensure, failed, greedy, not_exercised, prompt};
use crate::subject::{Scenario, Subject};
use crate::timer;

/// Time between two looks at the activity; some servers slow down when they are asked more often.
const LOOK: Duration = Duration::from_millis(50);

pub(super) async fn drop_cancels(subject: &dyn Subject) -> Verdict {
    let limits = subject.limits();
    let idle = activity(subject).await?.generating;
    let prompt = prompt(subject, Scenario::Long)?;
    let mut stream = subject.model().generate(prompt, greedy(1024));
    first_token(&mut stream).await?;
    let before = activity(subject).await?;
    if before.generating <= idle {
        return not_exercised("the answer was over before it could be dropped");
    }
    drop(stream);
    let dropped = Instant::now();
    let mut after = activity(subject).await?;
    while after.generating > idle {
        if dropped.elapsed() > limits.cancel {
            return failed(format!(
                "the request was still in work {:?} after its stream was dropped",
                limits.cancel
            ));
        }
        timer::sleep(LOOK).await;
        after = activity(subject).await?;
    }
    match (before.tokens, after.tokens, limits.late_tokens) {
        (Some(before), Some(after), Some(most)) => ensure(after - before <= most, || {
            format!("{} tokens were produced after the drop", after - before)
        }),
        _ => Ok(()),
    }
}

async fn first_token(stream: &mut TokenStream) -> Verdict {
    while let Some(event) = stream.next().await {
        match event {
            Ok(Event::Token(_) | Event::Reasoning(_)) => return Ok(()),
            Ok(Event::Finished(_)) => break,
            Ok(_) => {}
            Err(error) => {
                return failed(format!("the stream ended with {}: {error}", error.kind()));
            }
        }
    }
    not_exercised("the answer to the Long prompt had no tokens")
}

/// Cancels after the second piece of text.
pub(super) async fn cancel_keeps_partial(subject: &dyn Subject) -> Verdict {
    let prompt = prompt(subject, Scenario::Long)?;
    let (cancel, cancelled) = oneshot::channel();
    let (stream, longest_poll) = timed(subject.model().generate(prompt, greedy(64)));
    let stream = stream.cancel_on(async {
        let _ = cancelled.await;
    });
    let (mut pieces, mut shown, mut cancel) = (0, String::new(), Some(cancel));
    let result = stream.for_each_text(|text| {
        shown.push_str(text);
        pieces += 1;
        if pieces == 2
            && let Some(cancel) = cancel.take()
        {
            let _ = cancel.send(());
        }
        Ok::<(), std::convert::Infallible>(())
    });
    let failure = match result.await {
        Ok(_) if pieces < 2 => return not_exercised("the answer came in less than two pieces"),
        Ok(_) => return failed("a cancelled stream finished as if nothing had happened"),
        Err(ForEachError::Generation(failure)) => failure,
        Err(ForEachError::Callback(never)) => match never {},
    };
    ensure(failure.error.is_cancelled(), || {
        format!("a cancelled stream ended with {}", described(&failure))
    })?;
    ensure(failure.partial.text == shown, || {
        format!("of {shown:?} only {:?} was kept", failure.partial.text)
    })?;
    let longest = *longest_poll.lock().unwrap_or_else(PoisonError::into_inner);
    ensure(longest <= subject.limits().cancel, || {
        format!("one poll of the stream blocked its thread for {longest:?}")
    })
}

/// The same stream, and how long its longest poll has taken.
fn timed(mut stream: TokenStream) -> (TokenStream, Arc<Mutex<Duration>>) {
    let longest = Arc::new(Mutex::new(Duration::ZERO));
    let backend = stream.backend().to_owned();
    let events = futures::stream::poll_fn({
        let longest = Arc::clone(&longest);
        move |context| {
            let start = Instant::now();
            let event = stream.poll_next_unpin(context);
            let mut longest = longest.lock().unwrap_or_else(PoisonError::into_inner);
            *longest = start.elapsed().max(*longest);
            event
        }
    });
    (TokenStream::new(backend, events), longest)
}

/// Reads one token and looks on until nothing more is produced.
pub(super) async fn slow_reader(subject: &dyn Subject) -> Verdict {
    let most = subject.limits().read_ahead;
    let start = tokens(subject).await?;
    let prompt = prompt(subject, Scenario::Endless)?;
    let options = GenerateOptions::default()
        .temperature(0.0)
        .max_tokens(GenerateOptions::TO_CONTEXT_END);
    let mut stream = subject.model().generate(prompt, options);
    first_token(&mut stream).await?;
    let mut produced = tokens(subject).await?;
    loop {
        ensure(produced - start <= most, || {
            format!(
                "{} tokens were produced for a reader of one",
                produced - start
            )
        })?;
        timer::sleep(LOOK * 4).await;
        let now = tokens(subject).await?;
        if now == produced {
            return Ok(());
        }
        produced = now;
    }
}

async fn tokens(subject: &dyn Subject) -> Result<u64, Unmet> {
    let tokens = activity(subject).await?.tokens;
    tokens.ok_or_else(|| Unmet::NotExercised("the subject counts no tokens".to_owned()))
}
