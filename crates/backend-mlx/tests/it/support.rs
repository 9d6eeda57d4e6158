//! What the tests share.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use backend_mlx::{Activity, MlxConfig, MlxTextModel};
use futures::StreamExt as _;
use inference_core::{Event, GenerateOptions, Token, TokenStream};

use crate::tiny::Tiny;

/// Generous for a machine with other things to do; nothing waits that long when all is well.
const SOON: Duration = Duration::from_mins(1);

pub(crate) async fn load(files: &Tiny, config: MlxConfig) -> MlxTextModel {
    MlxTextModel::load(files.path(), config).await.unwrap()
}

pub(crate) fn slots(slots: u32) -> MlxConfig {
    MlxConfig::default().with_parallel_slots(NonZeroU32::new(slots).unwrap())
}

pub(crate) fn greedy(max_tokens: u32) -> GenerateOptions {
    GenerateOptions::default()
        .temperature(0.0)
        .max_tokens(max_tokens)
}

/// The next token of an answer.
pub(crate) async fn one_of(answer: &mut TokenStream) -> Token {
    match answer.next().await {
        Some(Ok(Event::Token(token))) => token,
        other => panic!("{other:?}"),
    }
}

/// Waits until the engine is at a point.
pub(crate) async fn until(model: &MlxTextModel, is_so: impl Fn(Activity) -> bool) {
    let deadline = Instant::now() + SOON;
    while !is_so(model.activity()) {
        assert!(Instant::now() < deadline, "{:?}", model.activity());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
