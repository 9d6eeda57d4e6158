//! What `-v` shows: events of our own crates on stderr.

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

/// Shows warnings, with `-v` what happens, with `-vv` every step.
pub(crate) fn init(args: &GlobalArgs, screen: Screen) {
    let level = match args.verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let targets = Targets::new().with_targets(CRATES.map(|name| (name, level)));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(screen.err.is_on())
        .without_time();
    tracing_subscriber::registry()
        .with(targets)
        .with(lines)
        .init();
}
