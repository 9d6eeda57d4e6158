//! Closing a model.

use std::sync::Arc;

use futures::StreamExt as _;
use inference_core::{BatchOptions, ErrorKind, Event, TextModel};

use super::{Unmet, Verdict, expect_kind, failed, greedy, not_exercised, prompt, refusal};
use crate::subject::{Scenario, Subject};

pub(super) async fn close(subject: &dyn Subject) -> Verdict {
    let model = disposable(subject).await?;
    let prompt = prompt(subject, Scenario::Short)?;
    for time in ["first", "second"] {
        if let Err(error) = model.close().await {
            return failed(format!("the {time} close failed: {error}"));
        }
    }
    let what = "a request to a closed model";
    let answer = model.generate(prompt.clone(), greedy(4)).into_generation();
    expect_kind(what, &refusal(what, answer).await?, ErrorKind::Closed)?;

    let what = "a batch for a closed model";
    let mut batch = model.batch_generate(vec![prompt], greedy(4), BatchOptions::default());
    match batch.next().await {
        Some((_, answer)) => expect_kind(
            what,
            &refusal(what, async { answer }).await?,
            ErrorKind::Closed,
        ),
        None => failed(format!("{what} gave nothing at all")),
    }
}

pub(super) async fn close_ends_streams(subject: &dyn Subject) -> Verdict {
    let model = disposable(subject).await?;
    let prompt = prompt(subject, Scenario::Long)?;
    let mut stream = model.generate(prompt, greedy(1024));
    if let Some(Err(error)) = stream.next().await {
        return failed(format!("the stream began with {}: {error}", error.kind()));
    }
    if let Err(error) = model.close().await {
        return failed(format!("closing beside a stream failed: {error}"));
    }
    while let Some(event) = stream.next().await {
        match event {
            Ok(Event::Finished(_)) => return failed("the stream of a closed model finished"),
            Ok(_) => {}
            Err(error) => {
                return expect_kind("the stream of a closed model", &error, ErrorKind::Closed);
            }
        }
    }
    failed("the stream of a closed model ended without a word")
}

async fn disposable(subject: &dyn Subject) -> Result<Arc<dyn TextModel>, Unmet> {
    match subject.disposable().await {
        Some(model) => Ok(model),
        None => not_exercised("the subject has no model to close"),
    }
}
