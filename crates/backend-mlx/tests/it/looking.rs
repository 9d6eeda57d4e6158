//! Looking into a model: the next token of prompts, keys and queries.

use backend_mlx::MlxConfig;
use inference_core::{ClassifyOptions, ErrorKind, Prompt, TextModel as _};

use crate::support::{greedy, load};
use crate::tiny::{CONTEXT, Tiny, VOCABULARY};

#[tokio::test]
async fn prompts_of_all_lengths_are_classified_as_they_would_be_answered() {
    let files = Tiny::random(11);
    let model = load(&files, MlxConfig::default()).await;
    let prompts: Vec<_> = (1..30)
        .map(|n| Prompt::text("abcdefg ".repeat(n % 7 + 1) + &n.to_string()))
        .collect();
    let options = ClassifyOptions::default()
        .with_alternatives(3)
        .with_logits();
    let classified = model.classify(prompts.clone(), options).await.unwrap();
    assert_eq!(classified.len(), prompts.len());
    for (classified, prompt) in classified.iter().zip(prompts) {
        let answer = model
            .generate(prompt, greedy(1).logprobs(3))
            .into_generation();
        let answer = answer.await.unwrap();
        let expected = &answer.tokens[0];
        let token = &classified.token;
        assert_eq!((token.id, token.alternatives.len()), (expected.id, 3));
        let difference = token.logprob.unwrap() - expected.logprob.unwrap();
        assert!(difference.abs() < 1e-3, "{token:?} is not {expected:?}");
        assert_eq!(classified.usage.prompt_tokens, answer.usage.prompt_tokens);

        let logits = classified.logits.as_ref().unwrap();
        assert_eq!(logits.len(), VOCABULARY);
        let best = token.id.unwrap() as usize;
        assert!(logits.iter().all(|logit| *logit <= logits[best]));
    }
}

#[tokio::test]
async fn a_prompt_that_cannot_be_classified_fails_the_call() {
    let files = Tiny::random(11);
    let model = load(&files, MlxConfig::default()).await;
    let classify = |prompts, options| model.classify(prompts, options);
    let good = || Prompt::text("x");
    for (prompt, kind) in [
        (Prompt::text(""), ErrorKind::InvalidRequest),
        (
            Prompt::text("x".repeat(CONTEXT)),
            ErrorKind::ContextExceeded,
        ),
    ] {
        let error = classify(vec![good(), prompt], ClassifyOptions::default()).await;
        assert_eq!(error.unwrap_err().kind(), kind);
    }
    let mut options = ClassifyOptions::default();
    options.model = Some("other".to_owned());
    let error = classify(vec![good()], options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("model"), "{error}");
    let none = classify(Vec::new(), ClassifyOptions::default())
        .await
        .unwrap();
    assert!(none.is_empty());
    assert_eq!(
        classify(vec![good()], ClassifyOptions::default())
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn keys_and_queries_are_shown_layer_by_layer_and_head_by_head() {
    let files = Tiny::random(12);
    let model = load(&files, MlxConfig::default()).await;
    let inspector = model.attention().unwrap();
    let shown = inspector
        .inspect_attention(Prompt::text("hello"))
        .await
        .unwrap();
    assert_eq!(shown.architecture, "llama");
    assert_eq!(
        (shown.num_layers, shown.seq_len, shown.head_dim),
        (2, 5, 32)
    );
    assert_eq!((shown.num_heads, shown.num_query_heads), (5, 10));
    let queries = shown.queries.unwrap();
    for (layers, heads) in [(&shown.keys, 5), (&queries, 10)] {
        assert_eq!(layers.len(), 2);
        for layer in layers {
            assert_eq!(layer.len(), heads);
            assert!(layer.iter().all(|head| head.len() == 5 * 32));
        }
    }
    // What comes later changes nothing before it, and the same token is turned by its place.
    let longer = inspector
        .inspect_attention(Prompt::text("hello l"))
        .await
        .unwrap();
    let head = |shown: &[Vec<Vec<f32>>], token: usize| shown[0][1][token * 32..][..32].to_vec();
    for token in 0..5 {
        let pairs = head(&shown.keys, token)
            .into_iter()
            .zip(head(&longer.keys, token));
        assert!(
            pairs
                .into_iter()
                .all(|(one, other)| (one - other).abs() < 1e-4)
        );
    }
    assert_ne!(head(&longer.keys, 2), head(&longer.keys, 6));
    let error = inspector
        .inspect_attention(Prompt::text(""))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}
