//! Stop strings, above all those that tokens divide.

use inference_core::{FinishReason, ForEachError, Generation, OptionKind, Prompt, TextModel};

use super::{Verdict, answer, described, ensure, failed, greedy, not_exercised, prompt};
use crate::subject::{Scenario, Subject};

const TOKENS: u32 = 24;

pub(super) async fn stop_strings(subject: &dyn Subject) -> Verdict {
    let model = subject.model();
    if !model.supports(OptionKind::Stop) {
        return not_exercised("the model has no stop strings");
    }
    let prompt = prompt(subject, Scenario::Long)?;
    let whole = answer(&*model, &prompt, greedy(TOKENS)).await?;
    let Some(divided) = divided_stop(&whole) else {
        return not_exercised("no two tokens of the answer can be told apart");
    };
    check(&*model, &prompt, &whole.text, &divided).await?;
    match whole
        .tokens
        .iter()
        .rev()
        .find(|token| !token.text.is_empty())
    {
        Some(token) => check(&*model, &prompt, &whole.text, &token.text).await,
        None => Ok(()),
    }
}

/// The end of one token and the start of the next, where the text has them first.
fn divided_stop(answer: &Generation) -> Option<String> {
    let mut border = 0;
    answer.tokens.windows(2).find_map(|pair| {
        border += pair[0].text.len();
        let last = pair[0].text.chars().next_back()?;
        let first = pair[1].text.chars().next()?;
        let stop = String::from_iter([last, first]);
        let start = border - last.len_utf8();
        (start > 0 && answer.text.find(&stop) == Some(start)).then_some(stop)
    })
}

async fn check(model: &dyn TextModel, prompt: &Prompt, whole: &str, stop: &str) -> Verdict {
    let expected = &whole[..whole.find(stop).unwrap_or(whole.len())];
    let options = greedy(TOKENS).stop([stop]);
    let mut shown = String::new();
    let result = model
        .generate(prompt.clone(), options)
        .for_each_text(|text| {
            shown.push_str(text);
            if expected.starts_with(&shown) {
                Ok(())
            } else {
                Err(())
            }
        });
    let answer = match result.await {
        Ok(answer) => answer,
        Err(ForEachError::Callback(())) => {
            return failed(format!(
                "with the stop string {stop:?} in {whole:?} it showed {shown:?}"
            ));
        }
        Err(ForEachError::Generation(failure)) => {
            return failed(format!("a stop string gave {}", described(&failure)));
        }
    };
    ensure(answer.text == expected, || {
        format!(
            "with the stop string {stop:?} in {whole:?} it ended after {:?}",
            answer.text
        )
    })?;
    ensure(answer.finish_reason == FinishReason::Stop, || {
        format!(
            "a stop string ended the answer with {:?}",
            answer.finish_reason
        )
    })
}
