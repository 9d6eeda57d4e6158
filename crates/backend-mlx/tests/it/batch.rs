//! Answers that are generated together.

use backend_mlx::{MlxConfig, MlxTextModel};
use futures::StreamExt as _;
use futures::future::join_all;
use inference_core::{
    BatchOptions, Event, FinishReason, GenerateOptions, Generation, Prompt, TextModel as _,
};

use crate::cached::cached;
use crate::support::{greedy, load, one_of, slots, until};
use crate::tiny::{CONTEXT, KV_BYTES, Tiny};

/// Where the two best logits of the lone run are closer than this, another order of additions may
/// choose the other token.
const TIE: f32 = 1e-3;

/// Prompts of many lengths.
fn prompts() -> Vec<Prompt> {
    (0..12)
        .map(|n| Prompt::text(format!("{n} {}", "and so on ".repeat(n % 5))))
        .collect()
}

/// How many answers part from the lone ones, which they may at a tie alone.
fn parted(alone: &[Generation], together: &[Generation]) -> usize {
    let mut parted = 0;
    for (alone, together) in alone.iter().zip(together) {
        let mut pairs = alone.tokens.iter().zip(&together.tokens);
        let Some((own, other)) = pairs.find(|(own, other)| own.id != other.id) else {
            assert_eq!(alone.text, together.text);
            continue;
        };
        let lead = own.alternatives[0].logprob - own.alternatives[1].logprob;
        assert!(lead < TIE, "{own:?} became {other:?}");
        parted += 1;
    }
    parted
}

async fn answers(model: &MlxTextModel, prompts: Vec<Prompt>, at_once: bool) -> Vec<Generation> {
    let ask = |prompt| {
        model
            .generate(prompt, greedy(40).logprobs(2))
            .into_generation()
    };
    let mut answers = Vec::new();
    if at_once {
        for answer in join_all(prompts.into_iter().map(ask)).await {
            answers.push(answer.unwrap());
        }
    } else {
        for prompt in prompts {
            answers.push(ask(prompt).await.unwrap());
        }
    }
    answers
}

#[tokio::test]
async fn answers_together_are_those_alone_but_for_ties() {
    let files = Tiny::random(7);
    // Nothing is found again: every answer computes its prompt.
    let config = slots(5).with_prefix_cache_bytes(0);
    let model = load(&files, config).await;
    let alone = answers(&model, prompts(), false).await;
    let together = answers(&model, prompts(), true).await;
    let parted = parted(&alone, &together);
    println!("{parted} of {} answers part at a tie", alone.len());
    assert!(parted * 4 <= alone.len(), "{parted}");
}

#[tokio::test]
async fn the_real_model_answers_together_as_it_does_alone() {
    let path = cached("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    let config = MlxConfig::default().with_prefix_cache_bytes(0);
    let model = MlxTextModel::load(path, config).await.unwrap();
    let ask = |text| model.generate(Prompt::text(text), greedy(8).logprobs(2));
    let prompts = ["The sea is", "Once upon a time there was", "2, 4, 6,"];
    let mut alone = Vec::new();
    for prompt in prompts {
        alone.push(ask(prompt).into_generation().await.unwrap());
    }
    let together = join_all(prompts.map(|prompt| ask(prompt).into_generation())).await;
    let together: Vec<_> = together.into_iter().map(Result::unwrap).collect();
    let parted = parted(&alone, &together);
    println!("{parted} of {} answers part at a tie", alone.len());
}

#[tokio::test]
async fn a_batch_is_answered_by_the_same_engine() {
    let files = Tiny::random(8);
    let model = load(&files, slots(3).with_prefix_cache_bytes(0)).await;
    let alone = answers(&model, prompts(), false).await;
    let options = greedy(40).logprobs(2);
    let batch = model.batch_generate(prompts(), options, BatchOptions::default());
    let mut together: Vec<_> = batch.collect().await;
    together.sort_by_key(|(index, _)| *index);
    let together: Vec<_> = together.into_iter().map(|(_, one)| one.unwrap()).collect();
    let parted = parted(&alone, &together);
    assert!(parted * 4 <= alone.len(), "{parted}");
}

#[tokio::test]
async fn a_request_joins_and_leaves_in_the_middle_of_another() {
    let files = Tiny::following(&[b"L0123456789,0", b"SParis."]);
    let model = load(&files, MlxConfig::default()).await;
    let mut long = model.generate(Prompt::text("L"), greedy(400));
    let first = long.next().await.unwrap().unwrap();
    assert!(matches!(first, Event::Token(token) if token.text == "0"));
    let short = model
        .generate(Prompt::text("S"), greedy(40))
        .into_generation();
    let (long, short) = futures::join!(long.into_generation(), short);
    assert_eq!(short.unwrap().text, "Paris.");
    let long = long.unwrap();
    assert!(long.text.starts_with("123456789,0123"), "{}", long.text);
    assert_eq!(long.usage.generated_tokens, Some(400));
    assert_eq!(long.finish_reason, FinishReason::Length);
}

#[tokio::test]
async fn each_answer_of_a_batch_has_its_own_options() {
    let files = Tiny::following(&[b"L0123456789,0"]);
    let model = load(&files, MlxConfig::default()).await;
    let seeded = |seed| greedy(30).temperature(1.5).seed(seed);
    let options = [
        greedy(30),
        greedy(3),
        greedy(30).stop(["456"]),
        greedy(30).stop_tokens([u32::from(b'7')]),
        seeded(1),
        seeded(1),
        seeded(2),
    ];
    let ask = |options: GenerateOptions| {
        let answer = model.generate(Prompt::text("L"), options);
        async move { answer.into_generation().await.unwrap().text }
    };
    let texts = join_all(options.clone().map(ask)).await;
    assert_eq!(
        texts[..4],
        ["0123456789,0123456789,01234567", "012", "0123", "0123456"]
    );
    assert_eq!(texts[4], texts[5]);
    assert_ne!(texts[4], texts[6]);
    for (options, text) in options.into_iter().zip(texts) {
        assert_eq!(ask(options).await, text, "alone");
    }
}

#[tokio::test]
async fn a_slow_reader_stops_its_own_answer_alone() {
    let files = Tiny::following(&[b"L0123456789,0"]);
    let model = load(&files, slots(2)).await;
    let mut slow = model.generate(Prompt::text("L"), greedy(100));
    one_of(&mut slow).await;
    let quick = model
        .generate(Prompt::text("L"), greedy(100))
        .into_generation();
    assert_eq!(quick.await.unwrap().usage.generated_tokens, Some(100));
    // The one that was read, two that lie ready, and those of the other answer.
    assert_eq!(model.activity().tokens, 103);
    let rest = slow.into_generation().await.unwrap();
    assert_eq!(rest.usage.generated_tokens, Some(100));
    assert_eq!(model.activity().tokens, 200);
}

#[tokio::test]
async fn more_requests_than_slots_wait_in_line() {
    let files = Tiny::following(&[b"L0123456789,0"]);
    let model = load(&files, slots(2)).await;
    let answers = (1..20).map(|n| {
        let answer = model.generate(Prompt::text("L"), greedy(n));
        async move { (n, answer.into_generation().await.unwrap()) }
    });
    for (n, answer) in join_all(answers).await {
        assert_eq!(answer.usage.generated_tokens, Some(u64::from(n)));
    }
}

/// Requests of all kinds, some of which are dropped in the middle of their answers.
#[tokio::test]
async fn requests_that_come_and_go_at_random_leave_nothing() {
    let files = Tiny::following(&[b"L0123456789,0"]);
    let config = slots(3).with_kv_budget_bytes(5 * CONTEXT as u64 * KV_BYTES);
    let models = [
        load(&files, config.clone()).await,
        load(&files, config).await,
    ];
    let expected = "0123456789,".repeat(40);
    let ask = async |n: usize| {
        let length = n * 7919 % 200 + 1;
        let prompt = "x".repeat(n * 104_729 % 90) + "L";
        let mut answer =
            models[n % 2].generate(Prompt::text(prompt), greedy(u32::try_from(length).unwrap()));
        let read = if n.is_multiple_of(3) {
            length.div_ceil(2)
        } else {
            length
        };
        let mut text = String::new();
        for _ in 0..read {
            text += &one_of(&mut answer).await.text;
        }
        assert_eq!(text, expected[..read]);
    };
    join_all((0..120).map(ask)).await;
    for model in models {
        until(&model, |activity| {
            activity.generating + activity.waiting == 0
        })
        .await;
        assert_eq!(model.activity().requests, 60);
        until(&model, |activity| activity.kv_bytes == 0).await;
        model.close().await.unwrap();
    }
}
