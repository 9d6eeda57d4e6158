//! The checks themselves, and what they share.

use std::fmt;
use std::future::Future;

use inference_core::{
    Error, ErrorKind, GenerateOptions, Generation, GenerationError, Prompt, TextModel,
};

use crate::Check;
use crate::subject::{Activity, Scenario, Subject};

mod batch;
mod cancel;
mod close;
mod fault;
mod option;
mod request;
mod sampling;
mod stop;
mod stream;
mod usage;

/// Why a check did not pass.
#[derive(Debug)]
pub(crate) enum Unmet {
    NotExercised(String),
    Failed(String),
}

type Verdict = Result<(), Unmet>;

pub(crate) async fn run(check: Check, subject: &dyn Subject) -> Verdict {
    match check {
        Check::Finish => stream::finish(subject).await,
        Check::Lazy => stream::lazy(subject).await,
        Check::Utf8 => stream::utf8(subject).await,
        Check::EmptyAnswer => stream::empty_answer(subject).await,
        Check::DropCancels => cancel::drop_cancels(subject).await,
        Check::CancelKeepsPartial => cancel::cancel_keeps_partial(subject).await,
        Check::SlowReader => cancel::slow_reader(subject).await,
        Check::Cut => fault::cut(subject).await,
        Check::Stall => fault::stall(subject).await,
        Check::RateLimit => fault::rate_limit(subject).await,
        Check::Crash => fault::crash(subject).await,
        Check::OptionsRefused => option::refused(subject).await,
        Check::OptionsHonoured => option::honoured(subject).await,
        Check::InvalidOptions => option::invalid(subject).await,
        Check::StopStrings => stop::stop_strings(subject).await,
        Check::GreedyRepeats => sampling::greedy_repeats(subject).await,
        Check::SeedRepeats => sampling::seed_repeats(subject).await,
        Check::NoCrossTalk => batch::no_cross_talk(subject).await,
        Check::Batch => batch::batch(subject).await,
        Check::MaxTokens => request::max_tokens(subject).await,
        Check::ContextOverflow => request::context_overflow(subject).await,
        Check::EmptyPrompt => request::empty_prompt(subject).await,
        Check::Close => close::close(subject).await,
        Check::CloseEndsStreams => close::close_ends_streams(subject).await,
        Check::Usage => usage::usage(subject).await,
    }
}

fn not_exercised<T>(why: impl Into<String>) -> Result<T, Unmet> {
    Err(Unmet::NotExercised(why.into()))
}

fn failed<T>(found: impl Into<String>) -> Result<T, Unmet> {
    Err(Unmet::Failed(found.into()))
}

/// Fails with what was found instead, unless the condition holds.
fn ensure(condition: bool, found: impl FnOnce() -> String) -> Verdict {
    if condition { Ok(()) } else { failed(found()) }
}

fn prompt(subject: &dyn Subject, scenario: Scenario) -> Result<Prompt, Unmet> {
    subject
        .prompt(scenario)
        .ok_or_else(|| Unmet::NotExercised(format!("the subject has no {scenario:?} prompt")))
}

async fn activity(subject: &dyn Subject) -> Result<Activity, Unmet> {
    let activity = subject.activity().await;
    activity.ok_or_else(|| Unmet::NotExercised("the subject shows no activity".to_owned()))
}

/// Greedy, with a limit that a real model reaches in a moment.
fn greedy(max_tokens: u32) -> GenerateOptions {
    GenerateOptions::default()
        .temperature(0.0)
        .max_tokens(max_tokens)
}

/// The whole answer, which is expected to come.
async fn answer(
    model: &dyn TextModel,
    prompt: &Prompt,
    options: GenerateOptions,
) -> Result<Generation, Unmet> {
    let result = model.generate(prompt.clone(), options).into_generation();
    result.await.map_err(|error| {
        Unmet::Failed(format!(
            "a request that should succeed failed with {}",
            described(&error)
        ))
    })
}

/// The error of a request that must not succeed.
async fn refusal(
    what: impl fmt::Display,
    answer: impl Future<Output = Result<Generation, GenerationError>>,
) -> Result<Error, Unmet> {
    match answer.await {
        Ok(answer) => failed(format!("{what} was answered with {:?}", answer.text)),
        Err(failed) => Ok(failed.error),
    }
}

/// Fails unless the error is of this kind.
fn expect_kind(what: impl fmt::Display, error: &Error, kind: ErrorKind) -> Verdict {
    ensure(error.kind() == kind, || {
        format!("{what} gave {} instead of {kind}: {error}", error.kind())
    })
}

fn described(failed: &GenerationError) -> String {
    format!("{}: {}", failed.error.kind(), failed.error)
}
