//! What `-v` shows: events of our own crates on stderr.

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::GlobalArgs;
use crate::screen::Screen;

/// Our own crates; what libraries below them say may hold what is not to be shown.
const CRATES: [&str; 5] = [
    "ml",
    "ml_service",
    "inference_core",
    "backend_http",
    "backend_llama",
];

/// What a server says of each request.
const REQUESTS: &str = "ml_service::access";

/// Shows warnings, with `-v` what happens, with `-vv` every step. What a server says of requests
/// is shown with the time, or not at all.
pub(crate) fn init(args: &GlobalArgs, logs_requests: bool, screen: Screen) {
    let level = match args.verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let requests = if logs_requests {
        LevelFilter::INFO
    } else {
        LevelFilter::OFF
    };
    let targets = Targets::new()
        .with_targets(CRATES.map(|name| (name, level)))
        .with_target(REQUESTS, requests);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(screen.err.is_on());
    let lines = if logs_requests {
        lines.boxed()
    } else {
        lines.without_time().boxed()
    };
    tracing_subscriber::registry()
        .with(targets)
        .with(lines)
        .init();
}
