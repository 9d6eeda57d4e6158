//! Limits of a request, and requests that cannot be served.

use inference_core::{ErrorKind, FinishReason, Prompt, Retry};

use super::{Verdict, answer, ensure, expect_kind, greedy, prompt, refusal};
use crate::subject::{Scenario, Subject};

pub(super) async fn max_tokens(subject: &dyn Subject) -> Verdict {
    let model = subject.model();
    let prompt = prompt(subject, Scenario::Long)?;
    for limit in [1, 5] {
        let answer = answer(&*model, &prompt, greedy(limit)).await?;
        let pieces = answer.tokens.iter().filter(|token| !token.text.is_empty());
        let pieces = pieces.count() as u64;
        let told = answer.usage.generated_tokens.unwrap_or(pieces);
        ensure(pieces.max(told) <= u64::from(limit), || {
            format!("with max_tokens {limit}, {} tokens came", pieces.max(told))
        })?;
        ensure(answer.finish_reason == FinishReason::Length, || {
            format!(
                "with max_tokens {limit}, a long answer ended with {:?}",
                answer.finish_reason
            )
        })?;
    }
    Ok(())
}

pub(super) async fn context_overflow(subject: &dyn Subject) -> Verdict {
    let prompt = prompt(subject, Scenario::Overflow)?;
    let what = "a prompt longer than the context";
    let answer = subject
        .model()
        .generate(prompt, greedy(4))
        .into_generation();
    let error = refusal(what, answer).await?;
    expect_kind(what, &error, ErrorKind::ContextExceeded)?;
    ensure(error.retry() == Retry::ShrinkContext, || {
        format!("{what} has the retry class {:?}", error.retry())
    })
}

pub(super) async fn empty_prompt(subject: &dyn Subject) -> Verdict {
    let model = subject.model();
    for prompt in [Prompt::text(""), Prompt::Chat(Vec::new())] {
        let what = format!("the empty prompt {prompt:?}");
        let answer = model.generate(prompt, greedy(4)).into_generation();
        let error = refusal(&what, answer).await?;
        expect_kind(&what, &error, ErrorKind::InvalidRequest)?;
    }
    Ok(())
}
