//! `HttpTextModel` on the stream of the benchmark.

use std::time::{Duration, Instant};

use backend_http::{HttpConfig, HttpTextModel};
use futures::StreamExt as _;
use inference_core::{Event, GenerateOptions, Prompt, TextModel as _};

use crate::measure::{Stopwatch, Took};

/// A model of the server.
pub(crate) fn model(address: &str) -> HttpTextModel {
    HttpTextModel::new(HttpConfig::new(format!("http://{address}"))).expect("a model")
}

/// Reads a stream to its end.
pub(crate) async fn read(model: HttpTextModel, tokens: usize) -> Took {
    let watch = Stopwatch::start();
    let limit = u32::try_from(tokens).expect("fits");
    let options = GenerateOptions::default().max_tokens(limit);
    let mut stream = model.generate(Prompt::user("hi"), options);
    let mut seen = 0;
    while let Some(event) = stream.next().await {
        match event.expect("no error") {
            Event::Token(token) => seen += usize::from(!token.text.is_empty()),
            Event::Finished(_) => break,
            _ => {}
        }
    }
    assert_eq!(seen, tokens);
    watch.stop()
}

/// The time to the first token.
pub(crate) async fn first_token(model: HttpTextModel) -> Duration {
    let start = Instant::now();
    let options = GenerateOptions::default().max_tokens(1);
    let mut stream = model.generate(Prompt::user("hi"), options);
    let first = stream.next().await.expect("an event").expect("no error");
    assert!(matches!(first, Event::Token(_)));
    start.elapsed()
}
