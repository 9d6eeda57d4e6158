//! Many prompts: at the same time, and in one call.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use futures::StreamExt as _;
use futures::future::join_all;
use inference_core::{
    BatchOptions, ErrorKind, GenerateOptions, Generation, GenerationError, OptionKind, Prompt,
    TextModel,
};

use super::{
    Unmet, Verdict, answer, described, ensure, expect_kind, failed, greedy, not_exercised, refusal,
};
use crate::subject::Subject;

const TOKENS: u32 = 8;

/// Two tokens whose log probabilities differ by less than this are tied: beside other prompts the
/// sums of a quantised model come out in another order, and either may win.
const TIE: f32 = 0.25;

pub(super) async fn no_cross_talk(subject: &dyn Subject) -> Verdict {
    let model = subject.model();
    let prompts = subject.different_prompts();
    let alone = one_by_one(&*model, &prompts).await?;
    if alone.windows(2).all(|pair| pair[0].text == pair[1].text) {
        return not_exercised("all prompts have the same answer");
    }
    let streams = prompts.iter().map(|prompt| {
        let stream = model.generate(prompt.clone(), options(&*model));
        stream.into_generation()
    });
    for (together, alone) in join_all(streams).await.into_iter().zip(alone) {
        match together {
            Ok(together) => ensure(is_same(&alone, &together), || {
                let (alone, together) = (alone.text, together.text);
                format!("{alone:?} became {together:?} beside other prompts")
            })?,
            Err(failure) => {
                return failed(format!("beside other prompts, {}", described(&failure)));
            }
        }
    }
    Ok(())
}

/// Greedy, with the likeliest two tokens at each place where the model tells them.
fn options(model: &dyn TextModel) -> GenerateOptions {
    if model.supports(OptionKind::Logprobs) {
        greedy(TOKENS).logprobs(2)
    } else {
        greedy(TOKENS)
    }
}

async fn one_by_one(model: &dyn TextModel, prompts: &[Prompt]) -> Result<Vec<Generation>, Unmet> {
    let mut answers = Vec::new();
    for prompt in prompts {
        answers.push(answer(model, prompt, options(model)).await?);
    }
    Ok(answers)
}

/// Whether an answer is the one that the prompt gets alone, or parts from it only where two tokens
/// are tied.
fn is_same(alone: &Generation, together: &Generation) -> bool {
    let mut pairs = alone.tokens.iter().zip(&together.tokens);
    let parted = pairs.find(|(alone, together)| alone.text != together.text);
    match parted.map(|(alone, _)| alone.alternatives.as_slice()) {
        Some([first, second, ..]) => (first.logprob - second.logprob).abs() < TIE,
        _ => alone.text == together.text,
    }
}

/// Several prompts, one of them impossible; one at a time, then as many as the backend likes.
pub(super) async fn batch(subject: &dyn Subject) -> Verdict {
    let model = subject.model();
    let mut prompts = subject.different_prompts();
    let alone = one_by_one(&*model, &prompts).await?;
    prompts.insert(1.min(prompts.len()), Prompt::text(""));

    let one_at_a_time = BatchOptions::default().with_concurrency(NonZeroUsize::MIN);
    let mut answers = collect(&*model, &prompts, one_at_a_time).await?;
    let empty = answers.remove(&1.min(prompts.len() - 1));
    check_failure(empty).await?;
    for (answer, alone) in answers.into_values().zip(&alone) {
        let right = answer.as_ref().is_ok_and(|answer| is_same(alone, answer));
        ensure(right, || {
            let (alone, text) = (&alone.text, answer.map(|answer| answer.text));
            format!("{alone:?} became {text:?} in a batch")
        })?;
    }

    let answers = collect(&*model, &prompts, BatchOptions::default()).await?;
    let succeeded = answers.values().filter(|answer| answer.is_ok()).count();
    ensure(succeeded == alone.len(), || {
        format!(
            "{succeeded} of {} good prompts succeeded in a batch",
            alone.len()
        )
    })?;
    collect(&*model, &[], BatchOptions::default())
        .await
        .map(drop)
}

type Answers = BTreeMap<usize, Result<Generation, GenerationError>>;

/// The answers of a batch, each index of which must come once.
async fn collect(
    model: &dyn TextModel,
    prompts: &[Prompt],
    concurrency: BatchOptions,
) -> Result<Answers, Unmet> {
    let mut answers = BTreeMap::new();
    let mut batch = model.batch_generate(prompts.to_vec(), options(model), concurrency);
    while let Some((index, answer)) = batch.next().await {
        let new = index < prompts.len() && answers.insert(index, answer).is_none();
        ensure(new, || {
            format!("the index {index} came again, or there is no such prompt")
        })?;
    }
    ensure(answers.len() == prompts.len(), || {
        format!("{} of {} prompts came back", answers.len(), prompts.len())
    })?;
    Ok(answers)
}

async fn check_failure(answer: Option<Result<Generation, GenerationError>>) -> Verdict {
    match answer {
        Some(answer) => {
            let what = "an empty prompt in a batch";
            let error = refusal(what, async { answer }).await?;
            expect_kind(what, &error, ErrorKind::InvalidRequest)
        }
        None => failed("a batch lost an index"),
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use inference_core::{
        Alternative, Event, FinishReason, Metrics, Summary, Token, TokenStream, Usage,
    };

    use super::*;

    /// Tokens, each likelier than its runner-up by so much.
    fn generation(tokens: &[(&str, f32)]) -> Generation {
        let tokens = tokens.iter().map(|(text, lead)| {
            let alternative = |logprob| Alternative {
                text: String::new(),
                id: None,
                logprob,
            };
            let alternatives = vec![alternative(-1.0), alternative(-1.0 - lead)];
            Event::Token(Token::new(*text).with_logprob(-1.0, alternatives))
        });
        let end = Summary::new(FinishReason::Stop, Usage::default(), Metrics::default());
        let events: Vec<_> = tokens.chain([Event::Finished(end)]).map(Ok).collect();
        let stream = TokenStream::new("toy", futures::stream::iter(events));
        block_on(stream.into_generation()).expect("an answer")
    }

    #[test]
    fn answers_may_part_only_where_two_tokens_are_tied() {
        let alone = generation(&[("Par", 2.0), ("is", 0.1), (".", 2.0)]);
        assert!(is_same(&alone, &alone));
        assert!(is_same(&alone, &generation(&[("Par", 2.0), ("ma", 0.1)])));
        assert!(!is_same(&alone, &generation(&[("Tok", 2.0), ("is", 0.1)])));
        assert!(!is_same(&alone, &generation(&[("Par", 2.0)])));
    }
}
