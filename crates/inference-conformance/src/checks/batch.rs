//! Many prompts: at the same time, and in one call.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use futures::StreamExt as _;
use futures::future::join_all;
use inference_core::{BatchOptions, ErrorKind, Generation, GenerationError, Prompt, TextModel};

use super::{
    Unmet, Verdict, answer, described, ensure, expect_kind, failed, greedy, not_exercised, refusal,
};
use crate::subject::Subject;

const TOKENS: u32 = 8;

pub(super) async fn no_cross_talk(subject: &dyn Subject) -> Verdict {
    let model = subject.model();
    let prompts = subject.different_prompts();
    let alone = one_by_one(&*model, &prompts).await?;
    if alone.windows(2).all(|pair| pair[0] == pair[1]) {
        return not_exercised("all prompts have the same answer");
    }
    let streams = prompts.iter().map(|prompt| {
        let stream = model.generate(prompt.clone(), greedy(TOKENS));
        stream.into_generation()
    });
    for (together, alone) in join_all(streams).await.into_iter().zip(alone) {
        match together {
            Ok(together) => ensure(together.text == alone, || {
                format!("{alone:?} became {:?} beside other prompts", together.text)
            })?,
            Err(failure) => {
                return failed(format!("beside other prompts, {}", described(&failure)));
            }
        }
    }
    Ok(())
}

async fn one_by_one(model: &dyn TextModel, prompts: &[Prompt]) -> Result<Vec<String>, Unmet> {
    let mut texts = Vec::new();
    for prompt in prompts {
        texts.push(answer(model, prompt, greedy(TOKENS)).await?.text);
    }
    Ok(texts)
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
        let text = answer.map(|answer| answer.text);
        let right = text.as_ref().is_ok_and(|text| text == alone);
        ensure(right, || format!("{alone:?} became {text:?} in a batch"))?;
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
    options: BatchOptions,
) -> Result<Answers, Unmet> {
    let mut answers = BTreeMap::new();
    let mut batch = model.batch_generate(prompts.to_vec(), greedy(TOKENS), options);
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
