//! A reader that takes nothing for a minute while a million tokens are offered: how far resident
//! memory grows. `cargo bench -p backend-http --bench backpressure`; a number as argument sets the
//! seconds.

#[path = "stream/flood.rs"]
mod flood;
#[expect(dead_code, reason = "the measures of `stream` are not taken here")]
#[path = "stream/measure.rs"]
mod measure;
#[expect(dead_code, reason = "the measures of `stream` are not taken here")]
#[path = "stream/ours.rs"]
mod ours;

use std::time::Duration;

use flood::Flood;
use futures::StreamExt as _;
use inference_core::{Event, GenerateOptions, Prompt, TextModel as _};

const TOKENS: u32 = 1_000_000;
const ALLOWED: u64 = 16 << 20;

/// Resident memory of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    kilobytes
        .and_then(|number| number.parse::<u64>().ok())
        .expect("a number")
        << 10
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its result")]
async fn measure_growth(address: String, silence: Duration) {
    let options = GenerateOptions::default().max_tokens(TOKENS);
    let mut stream = ours::model(&address).generate(Prompt::user("hi"), options);
    stream.next().await.expect("an event").expect("a token");
    let before = resident();
    let mut most = before;
    let start = std::time::Instant::now();
    while start.elapsed() < silence {
        tokio::time::sleep(Duration::from_millis(100)).await;
        most = most.max(resident());
    }
    let grown = most - before;
    println!(
        "resident memory grew by {:.1} MiB in {silence:?} of not reading (at most 16 allowed)",
        f64::from(u32::try_from(grown >> 10).unwrap_or(u32::MAX)) / 1024.0
    );
    assert!(grown <= ALLOWED, "memory grew by {grown} bytes");

    let mut tokens = 1;
    while let Some(event) = stream.next().await {
        tokens += u32::from(matches!(event.expect("no error"), Event::Token(_)));
    }
    assert_eq!(tokens, TOKENS, "nothing was lost");
    println!("then all {tokens} tokens came");
}

fn main() {
    flood::serve_if_asked();
    let server = Flood::start();
    let seconds = std::env::args().find_map(|argument| argument.parse().ok());
    let silence = Duration::from_secs(seconds.unwrap_or(60));
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(measure_growth(server.address.clone(), silence));
}
