//! Bytes of a stream → typed chunks on one core, for several chunk sizes, beside `sse-stream`
//! with the same typed chunks. `cargo bench -p backend-http --bench sse`

use std::convert::Infallible;
use std::hint::black_box;
use std::time::{Duration, Instant};

use backend_http::SseDecoder;
use bytes::Bytes;
use futures::StreamExt as _;
use openai_wire::{ChatChunk, ChunkTemplate};

const EVENTS: usize = 200_000;
const RUNS: usize = 7;

/// A chunk as llama-server writes it: 236 bytes with its framing.
fn event(word: usize) -> String {
    let content = ["The", " sea", " is", " a", " vast", ",", "\\n"][word % 7];
    format!(
        "data: {{\"choices\":[{{\"finish_reason\":null,\"index\":0,\"delta\":{{\"content\":\"{content}\"}}}}],\
         \"created\":1795424152,\"id\":\"chatcmpl-7Fzo1ny8MvG9KATWcaxtGhWts5R4i7cY\",\"model\":\"smol\",\
         \"system_fingerprint\":\"b1-0c1e570\",\"object\":\"chat.completion.chunk\"}}\n\n"
    )
}

fn typed(data: &str) -> usize {
    let chunk: ChatChunk<'_> = serde_json::from_str(data).expect("a chunk");
    let content = chunk.choices[0].delta.content.as_deref();
    content.map_or(0, str::len)
}

/// Runs `each` on the data of every event, and counts them.
fn decode(chunks: &[Bytes], mut each: impl FnMut(&str)) -> usize {
    let mut decoder = SseDecoder::new();
    let mut events = 0;
    for chunk in chunks {
        decoder.push(chunk.clone());
        while let Some(event) = decoder.next_event().expect("decodes") {
            each(&event.data);
            events += 1;
        }
    }
    events
}

/// As `HttpTextModel` reads: a chunk that repeats the one before is not parsed again.
fn ours(chunks: &[Bytes]) -> usize {
    let mut template = ChunkTemplate::default();
    decode(chunks, |data| {
        if let Some(text) = template.text(data) {
            black_box(text.len());
            return;
        }
        let chunk: ChatChunk<'_> = serde_json::from_str(data).expect("a chunk");
        if let Some(text) = chunk.only_text() {
            template.learn(data, text);
        }
        black_box(&chunk);
    })
}

fn parse_all(chunks: &[Bytes]) -> usize {
    decode(chunks, |data| {
        black_box(typed(data));
    })
}

fn scan_only(chunks: &[Bytes]) -> usize {
    decode(chunks, |data| {
        black_box(data.len());
    })
}

fn sse_stream(chunks: &[Bytes]) -> usize {
    let body = futures::stream::iter(chunks.iter().cloned().map(Ok::<_, Infallible>));
    let mut stream = sse_stream::SseStream::from_bytes_stream(body);
    futures::executor::block_on(async {
        let mut events = 0;
        while let Some(event) = stream.next().await {
            let data = event.expect("decodes").data.expect("data");
            black_box(typed(&data));
            events += 1;
        }
        events
    })
}

/// The median time of several runs.
fn median(mut run: impl FnMut() -> usize) -> Duration {
    let mut times: Vec<_> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(run(), EVENTS);
            start.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn millions(time: Duration) -> f64 {
    EVENTS as f64 / time.as_secs_f64() / 1e6
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its result")]
fn main() {
    let stream: String = (0..EVENTS).map(event).collect();
    let event_bytes = event(0).len();
    println!("million events/s, {event_bytes} bytes an event, one core, median of {RUNS} runs");
    println!(
        "{:>10} {:>8} {:>11} {:>11} {:>10}",
        "chunk", "ours", "parsing all", "sse-stream", "scan only"
    );
    for (name, size) in [
        ("100 B", 100),
        ("one event", event_bytes),
        ("1460 B", 1460),
        ("16 KiB", 16 << 10),
        ("64 KiB", 64 << 10),
    ] {
        let stream = Bytes::from(stream.clone());
        let chunks: Vec<_> = (0..stream.len())
            .step_by(size)
            .map(|start| stream.slice(start..stream.len().min(start + size)))
            .collect();
        println!(
            "{name:>10} {:>8.2} {:>11.2} {:>11.2} {:>10.1}",
            millions(median(|| ours(&chunks))),
            millions(median(|| parse_all(&chunks))),
            millions(median(|| sse_stream(&chunks))),
            millions(median(|| scan_only(&chunks))),
        );
    }
}
