//! How one stream goes.

use futures::StreamExt as _;
use futures::stream::FusedStream as _;
use inference_core::{Event, FinishReason, GenerateOptions, OptionKind, Prompt, TextModel};

use super::{Unmet, Verdict, activity, answer, ensure, failed, greedy, not_exercised, prompt};
use crate::subject::{Scenario, Subject};

/// A plain request, with no option set.
pub(super) async fn finish(subject: &dyn Subject) -> Verdict {
    let prompt = prompt(subject, Scenario::Short)?;
    let mut stream = subject.model().generate(prompt, GenerateOptions::default());
    let mut finished = false;
    while let Some(event) = stream.next().await {
        match event {
            Ok(_) if finished => return failed("an event came after Finished"),
            Ok(Event::Finished(_)) => finished = true,
            Ok(_) => {}
            Err(error) => {
                return failed(format!("the stream ended with {}: {error}", error.kind()));
            }
        }
    }
    ensure(finished, || "the stream ended without Finished".to_owned())?;
    let silent = stream.next().await.is_none() && stream.is_terminated();
    ensure(silent, || "the stream went on after its end".to_owned())
}

/// Asks twice and reads one answer only: one request must have arrived.
pub(super) async fn lazy(subject: &dyn Subject) -> Verdict {
    let model = subject.model();
    let prompt = prompt(subject, Scenario::Short)?;
    let before = requests(subject).await?;
    let unpolled = model.generate(prompt.clone(), greedy(8));
    answer(&*model, &prompt, greedy(8)).await?;
    let arrived = requests(subject).await? - before;
    drop(unpolled);
    ensure(arrived == 1, || {
        format!("{arrived} requests arrived where one stream of two was polled")
    })
}

async fn requests(subject: &dyn Subject) -> Result<u64, Unmet> {
    let requests = activity(subject).await?.requests;
    requests.ok_or_else(|| Unmet::NotExercised("the subject counts no requests".to_owned()))
}

pub(super) async fn utf8(subject: &dyn Subject) -> Verdict {
    let prompt = prompt(subject, Scenario::Unicode)?;
    let mut stream = subject.model().generate(prompt, greedy(48));
    let mut text = String::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(Event::Token(token) | Event::Reasoning(token)) => text.push_str(&token.text),
            Ok(_) => {}
            Err(error) => {
                return failed(format!("the stream ended with {}: {error}", error.kind()));
            }
        }
    }
    ensure(!text.contains(char::REPLACEMENT_CHARACTER), || {
        format!("the answer holds replaced characters: {text:?}")
    })?;
    if text.is_ascii() {
        return not_exercised("the answer had no character of several bytes");
    }
    Ok(())
}

pub(super) async fn empty_answer(subject: &dyn Subject) -> Verdict {
    let model = subject.model();
    let (prompt, options) = match subject.prompt(Scenario::Empty) {
        Some(prompt) => (prompt, greedy(8)),
        None => stopped_at_once(subject, &*model).await?,
    };
    let answer = answer(&*model, &prompt, options).await?;
    ensure(answer.text.is_empty(), || {
        format!("an answer that should be empty was {:?}", answer.text)
    })?;
    ensure(answer.finish_reason == FinishReason::Stop, || {
        format!("an empty answer ended with {:?}", answer.finish_reason)
    })
}

/// A request whose answer is empty because its first character is a stop string.
async fn stopped_at_once(
    subject: &dyn Subject,
    model: &dyn TextModel,
) -> Result<(Prompt, GenerateOptions), Unmet> {
    if !model.supports(OptionKind::Stop) {
        return not_exercised("no prompt has an empty answer, and there are no stop strings");
    }
    let prompt = prompt(subject, Scenario::Short)?;
    let text = answer(model, &prompt, greedy(8)).await?.text;
    let first = text.chars().next().map(String::from);
    let options = greedy(8);
    Ok((
        prompt,
        first.map_or(options.clone(), |first| options.stop([first])),
    ))
}
