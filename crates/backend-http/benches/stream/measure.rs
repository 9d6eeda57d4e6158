//! Wall-clock and processor time of reading a stream, and the time to its first token.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// How long something took.
#[derive(Clone, Copy)]
pub(crate) struct Took {
    /// By the clock on the wall.
    pub(crate) wall: Duration,
    /// By the processor, all threads of this process together.
    pub(crate) cpu: Duration,
}

/// Measures from now on.
pub(crate) struct Stopwatch {
    wall: Instant,
    cpu: Duration,
}

impl Stopwatch {
    /// Starts.
    pub(crate) fn start() -> Self {
        Self {
            cpu: cpu(),
            wall: Instant::now(),
        }
    }

    /// Stops.
    pub(crate) fn stop(self) -> Took {
        Took {
            wall: self.wall.elapsed(),
            cpu: cpu().saturating_sub(self.cpu),
        }
    }
}

/// Processor time of this process.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The middle one of several.
pub(crate) fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).expect("comparable"));
    values[values.len() / 2]
}

/// Prints a line of results.
#[expect(clippy::print_stdout, reason = "a benchmark prints its result")]
pub(crate) fn report(name: &str, tokens: usize, runs: &[Took]) {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let tokens = tokens as f64;
    let rate = median(
        runs.iter()
            .map(|took| tokens / took.wall.as_secs_f64())
            .collect(),
    );
    let cpu = median(
        runs.iter()
            .map(|took| took.cpu.as_secs_f64() / tokens)
            .collect(),
    );
    println!("{name:>24} {:>9.0} {:>9.2}", rate / 1e3, cpu * 1e6);
}

/// A chat request for so many tokens.
fn request(tokens: usize) -> String {
    let body = format!(
        r#"{{"messages":[{{"role":"user","content":"hi"}}],"stream":true,"max_tokens":{tokens}}}"#
    );
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads a stream to its end from the bare socket, looking at nothing.
pub(crate) fn raw(address: &str, tokens: usize) -> Took {
    let watch = Stopwatch::start();
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(request(tokens).as_bytes()).expect("sent");
    let mut buffer = vec![0; 64 << 10];
    while stream.read(&mut buffer).expect("read") > 0 {}
    watch.stop()
}

/// The time from connecting to the first token on the bare socket.
pub(crate) fn raw_first_token(address: &str) -> Duration {
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(request(1).as_bytes()).expect("sent");
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while !seen.windows(9).any(|bytes| bytes == b"\"content\"") {
        let read = stream.read(&mut buffer).expect("read");
        assert!(read > 0, "the stream ended");
        seen.extend_from_slice(&buffer[..read]);
    }
    start.elapsed()
}
