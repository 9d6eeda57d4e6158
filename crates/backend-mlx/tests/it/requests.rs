//! What becomes of single requests: found again, refused, cancelled.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use backend_mlx::{KvCache, MlxConfig, MlxTextModel};
use inference_core::{
    ErrorKind, FinishReason, GenerateOptions, OptionKind, Prompt, Retry, TextModel as _,
};

use crate::cached::cached;
use crate::support::{greedy, load, one_of, slots, until};
use crate::tiny::{CONTEXT, KV_BYTES, Tiny, VOCABULARY};

#[tokio::test]
async fn a_prompt_is_computed_once_also_when_it_comes_again_just_the_same() {
    let files = Tiny::random(3);
    let model = load(&files, MlxConfig::default()).await;
    let system = "Answer briefly and to the point. ".repeat(5);
    let ask = |text: String| {
        let answer = model.generate(Prompt::text(text), greedy(12).logprobs(2));
        async { answer.into_generation().await.unwrap() }
    };
    let first = ask(system.clone()).await;
    assert_eq!(first.usage.cached_tokens, Some(0));
    let again = ask(system.clone()).await;
    assert_eq!(again.usage.cached_tokens, Some(system.len() as u64 - 1));
    assert_eq!(again.text, first.text);
    let other = ask(format!("{system}And then?")).await;
    assert_eq!(other.usage.cached_tokens, Some(system.len() as u64));
    let least = system.len() as u64 * KV_BYTES;
    until(&model, |activity| activity.prefix_bytes > least).await;

    let without = load(&files, MlxConfig::default().with_prefix_cache_bytes(0)).await;
    let answer = without.generate(Prompt::text(format!("{system}And then?")), greedy(12));
    let answer = answer.into_generation().await.unwrap();
    assert_eq!(answer.text, other.text, "found again or not");
    assert_eq!(without.activity().prefix_bytes, 0);
}

#[tokio::test]
async fn the_prefix_cache_keeps_to_its_bytes() {
    let files = Tiny::random(4);
    let most = 300 * KV_BYTES;
    let model = load(&files, MlxConfig::default().with_prefix_cache_bytes(most)).await;
    for n in 0..8 {
        let prompt = Prompt::text(format!("{n} is where it begins"));
        model
            .generate(prompt, greedy(4))
            .into_generation()
            .await
            .unwrap();
        until(&model, |activity| activity.prefix_bytes > 0).await;
        let held = model.activity().prefix_bytes;
        assert!(held <= most, "{held} of {most}");
    }
}

#[tokio::test]
async fn quantised_keys_and_values_take_less_and_still_answer() {
    let files = Tiny::following(&[b"L0123456789,0"]);
    let mut held = Vec::new();
    for kept in [KvCache::Full, KvCache::EightBit, KvCache::FourBit] {
        let model = load(&files, MlxConfig::default().with_kv_cache(kept)).await;
        let answer = model.generate(Prompt::text("Count: L"), greedy(20));
        assert_eq!(
            answer.into_generation().await.unwrap().text,
            "0123456789,012345678"
        );
        until(&model, |activity| activity.prefix_bytes > 0).await;
        held.push(model.activity().prefix_bytes);
    }
    assert!(held[0] > 2 * held[1] && held[1] > held[2], "{held:?}");
}

#[tokio::test]
async fn a_request_that_can_never_fit_is_refused_with_the_numbers() {
    let files = Tiny::random(5);
    let gibibytes = 64 << 30;
    let tokens = u32::try_from(gibibytes / KV_BYTES).unwrap();
    let config = MlxConfig::default()
        .with_context_length(NonZeroU32::new(2 * tokens).unwrap())
        .with_kv_budget_bytes(1 << 30);
    let model = load(&files, config).await;
    assert_eq!(model.info().context_length, Some(2 * tokens));
    let answer = model.generate(Prompt::text("x"), greedy(tokens));
    let error = answer.into_generation().await.unwrap_err().error;
    assert_eq!(error.kind(), ErrorKind::OutOfMemory);
    assert_eq!(error.retry(), Retry::ShrinkContext);
    for number in ["65537 MiB", "1024 MiB"] {
        assert!(error.message().contains(number), "{error}");
    }
    // One that says no number takes what there is.
    let open = greedy(GenerateOptions::TO_CONTEXT_END);
    let mut answer = model.generate(Prompt::text("x"), open);
    one_of(&mut answer).await;
}

#[tokio::test]
async fn a_context_that_does_not_fit_into_memory_is_made_shorter() {
    let files = Tiny::random(5);
    let budget = 300 * KV_BYTES;
    let model = load(&files, MlxConfig::default().with_kv_budget_bytes(budget)).await;
    // Keys and values grow by 256 tokens.
    assert_eq!(model.info().context_length, Some(256));
}

#[tokio::test]
async fn an_answer_ends_where_the_context_does() {
    let files = Tiny::following(&[b"L0123456789,0"]);
    let model = load(&files, MlxConfig::default()).await;
    let prompt = "x".repeat(CONTEXT - 11) + "L";
    for most in [400, GenerateOptions::TO_CONTEXT_END] {
        let answer = model.generate(Prompt::text(&prompt), greedy(most));
        let answer = answer.into_generation().await.unwrap();
        assert_eq!(answer.text, "0123456789");
        assert_eq!(answer.finish_reason, FinishReason::Length);
    }
    let full = model.generate(Prompt::text(prompt + "0123456789"), greedy(1));
    let error = full.into_generation().await.unwrap_err().error;
    assert_eq!(error.kind(), ErrorKind::ContextExceeded);
    assert!(error.message().contains("512"), "{error}");
}

#[tokio::test]
async fn a_request_waits_for_memory_that_others_hold() {
    let files = Tiny::following(&[b"L0123456789,0"]);
    let config = MlxConfig::default().with_kv_budget_bytes(512 * KV_BYTES);
    let model = load(&files, config).await;
    let mut first = model.generate(Prompt::text("L"), greedy(400));
    one_of(&mut first).await;
    let mut second = model.generate(Prompt::text("L"), greedy(400));
    let second = tokio::spawn(async move { one_of(&mut second).await.text });
    until(&model, |activity| activity.waiting == 1).await;
    drop(first);
    assert_eq!(second.await.unwrap(), "0");
}

#[tokio::test]
async fn a_dropped_request_gives_its_memory_back_at_once() {
    let files = Tiny::following(&[b"L0123456789,0"]);
    let model = load(&files, slots(1)).await;
    let mut running = model.generate(Prompt::text("L"), greedy(400));
    one_of(&mut running).await;
    let mut waiting = model.generate(Prompt::text("L"), greedy(400));
    let waiting = tokio::spawn(async move {
        one_of(&mut waiting).await;
        waiting
    });
    until(&model, |activity| activity.waiting == 1).await;
    assert!(model.activity().kv_bytes >= 400 * KV_BYTES);
    drop(running);
    drop(waiting.await.unwrap());
    until(&model, |activity| activity.generating == 0).await;
    let activity = model.activity();
    assert_eq!((activity.kv_bytes, activity.prefix_bytes), (0, 0));
}

#[tokio::test]
async fn a_long_prompt_is_read_in_slices_and_dropped_between_them() {
    let path = cached("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    let model = MlxTextModel::load(path, MlxConfig::default())
        .await
        .unwrap();
    let mut answer = model.generate(Prompt::text("word ".repeat(2000)), greedy(4));
    let reading = tokio::spawn(async move { one_of(&mut answer).await });
    until(&model, |activity| activity.prompt_tokens > 0).await;
    let start = Instant::now();
    reading.abort();
    until(&model, |activity| activity.generating == 0).await;
    println!("the prompt was dropped within {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(1));
    let activity = model.activity();
    assert!(activity.prompt_tokens < 1000, "{activity:?}");
    assert_eq!(activity.tokens, 0);
}

#[tokio::test]
async fn options_that_are_not_honoured_are_refused_by_name() {
    let files = Tiny::random(6);
    let model = load(&files, MlxConfig::default()).await;
    let refused = [
        OptionKind::Model,
        OptionKind::Schema,
        OptionKind::Tools,
        OptionKind::ToolChoice,
    ];
    for kind in OptionKind::ALL {
        assert_eq!(model.supports(kind), !refused.contains(&kind), "{kind:?}");
    }
    let options = greedy(1).adapter("/nowhere/pirate");
    let error = model.generate(Prompt::text("x"), options).into_generation();
    let error = error.await.unwrap_err().error;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("pirate"), "{error}");
}

#[tokio::test]
async fn texts_become_tokens_and_back() {
    let files = Tiny::random(6);
    let model = load(&files, MlxConfig::default()).await;
    let text = "na\u{ef}ve caf\u{e9} \u{1f600}";
    let tokens = model.tokenize(Prompt::text(text)).await.unwrap();
    let bytes: Vec<u32> = text.bytes().map(u32::from).collect();
    assert_eq!(tokens, bytes);
    assert_eq!(model.detokenize(&tokens).unwrap(), text);
    assert_eq!(model.tokenize(Prompt::user("ab")).await.unwrap(), [97, 98]);
    let outside = u32::try_from(VOCABULARY).unwrap();
    let error = model.detokenize(&[outside]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}
