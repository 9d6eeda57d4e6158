//! A loopback stream as fast as a server in another process can send it: tokens per second and
//! processor time a token, beside a bare socket; and the time to the first token.
//! `cargo bench -p backend-http --bench stream`. `benches/peers` measures other clients in the
//! same run.

#[path = "stream/flood.rs"]
mod flood;
#[path = "stream/measure.rs"]
mod measure;
#[path = "stream/ours.rs"]
mod ours;

use std::time::Duration;

use flood::Flood;
use measure::{median, report};

const TOKENS: usize = 500_000;
const RUNS: usize = 7;
const FIRST_TOKENS: usize = 301;

#[expect(clippy::print_stdout, reason = "a benchmark prints its result")]
fn main() {
    flood::serve_if_asked();
    let server = Flood::start();
    let address = server.address.as_str();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");

    println!("{TOKENS} tokens a stream, median of {RUNS} runs");
    println!("{:>24} {:>9} {:>9}", "", "k tok/s", "µs CPU/tok");
    let raw: Vec<_> = (0..RUNS).map(|_| measure::raw(address, TOKENS)).collect();
    report("bare socket", TOKENS, &raw);
    let spawned: Vec<_> = (0..RUNS)
        .map(|_| {
            let read = runtime.spawn(ours::read(ours::model(address), TOKENS));
            runtime.block_on(read).expect("no panic")
        })
        .collect();
    report("ours, spawned", TOKENS, &spawned);
    let blocked: Vec<_> = (0..RUNS)
        .map(|_| runtime.block_on(ours::read(ours::model(address), TOKENS)))
        .collect();
    report("ours, in block_on", TOKENS, &blocked);

    let raw: Vec<_> = (0..FIRST_TOKENS)
        .map(|_| measure::raw_first_token(address))
        .collect();
    let model = ours::model(address);
    let ours: Vec<_> = (0..FIRST_TOKENS)
        .map(|_| {
            let first = runtime.spawn(ours::first_token(model.clone()));
            runtime.block_on(first).expect("no panic")
        })
        .collect();
    let (raw, ours): (Duration, Duration) = (median(raw), median(ours));
    println!("first token, median of {FIRST_TOKENS}: bare socket {raw:?}, ours {ours:?}");
}
