//! What the whole is to reach: how much text the heuristics read, samples a second through engine,
//! ledger and runner with a model that takes no time, memory, the price of waiting, the way back
//! into a large ledger; beside Inspect AI.
//!
//! `cargo xtask bench judge` runs it and provides Inspect AI. Every measurement is a process of
//! its own; what is compared is measured in turns.

#![expect(
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "a benchmark prints, and counts far below 2^52"
)]

#[path = "engine/golden.rs"]
mod golden;
#[path = "engine/instant.rs"]
mod instant;
#[path = "engine/measured.rs"]
mod measured;
#[path = "engine/peer.rs"]
mod peer;
#[path = "engine/roles.rs"]
mod roles;
#[path = "engine/table.rs"]
mod table;

use measured::{Figures, median};
use table::Goal;

/// Runs of each measurement, of which the median counts.
const RUNS: usize = 5;
const FEW: u64 = 10_000;
const MANY: u64 = 200_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let [_, "--role", role, count, folder] = words[..] {
        let count = count.parse().expect("we wrote it");
        println!("{}", roles::run(role, count, folder.as_ref()));
        return;
    }
    println!("medians of {RUNS} runs; texts of 1 kB; 256 items at once");
    table::head();
    heuristics();
    samples();
    waiting();
    resuming();
    match peer::python() {
        Some(python) => beside_inspect(&python),
        None => println!("Inspect AI is not here: `cargo xtask bench judge` provides it"),
    }
}

/// Megabytes of text a second on one core.
fn heuristics() {
    const PASSES: u64 = 1000;
    for (role, goal) in [("heuristics, legacy", 100.0), ("heuristics, v2", 50.0)] {
        let speed = median(all(role, PASSES).iter().map(Figures::rate)) / 1e6;
        table::row(role, speed, "MB/s", Goal::AtLeast(goal));
    }
}

/// Samples a second, and memory from few to many.
fn samples() {
    for (role, what, goal) in [
        (
            "answer and score",
            "asked, recorded, scored, recorded",
            50_000.0,
        ),
        ("answer", "asked, recorded", 50_000.0),
        ("score", "scored, recorded", 50_000.0),
        ("in order", "engine and ledger, keys in order", 50_000.0),
        ("at random", "engine and ledger, keys at random", 30_000.0),
    ] {
        let (few, many) = (all(role, FEW), all(role, MANY));
        let resident = |runs: &[Figures]| median(runs.iter().map(|run| run.resident as f64 / 1e6));
        let rate = |runs: &[Figures]| median(runs.iter().map(Figures::rate));
        let of = |what: &str, count| format!("{what}, {count}");
        table::row(&of(what, FEW), rate(&few), "/s", Goal::AtLeast(goal));
        table::row(&of(what, MANY), rate(&many), "/s", Goal::AtLeast(goal));
        let growth = resident(&many) - resident(&few);
        table::row(
            "  memory, from few to many",
            growth,
            "MB",
            Goal::AtMost(4.0),
        );
    }
}

/// Calls of 20 ms, 256 at once.
fn waiting() {
    let round = |_| ["bare", "engine", "runner"].map(|role| once(role, FEW).seconds);
    let rounds: Vec<_> = (0..RUNS).map(round).collect();
    for (place, what) in [(1, "engine"), (2, "runner with its ledger")] {
        let ratio = median(rounds.iter().map(|round| round[place] / round[0]));
        let what = format!("{FEW} × 20 ms, {what} / buffer_unordered");
        table::row(&what, ratio, "", Goal::AtMost(1.05));
    }
}

/// The first new item after many recorded ones.
fn resuming() {
    let folder = tempfile::tempdir().expect("a folder");
    measured::child("fill", MANY, folder.path());
    let goal = Goal::AtMost(200.0);
    for (role, what, goal) in [
        ("resume answers", "prompts of 70 bytes, passed over", goal),
        ("resume scores", "texts of 1 kB, passed over", goal),
        (
            "read answers",
            "prompts of 70 bytes, delivered",
            Goal::Unset,
        ),
        ("read scores", "texts of 1 kB, delivered", Goal::Unset),
    ] {
        let runs = (0..RUNS).map(|_| measured::child(role, MANY, folder.path()));
        let milliseconds = median(runs.map(|run| run.seconds)) * 1e3;
        let what = format!("first new item after {MANY} {what}");
        table::row(&what, milliseconds, "ms", goal);
    }
}

/// The same work by Inspect AI with its mock model.
fn beside_inspect(python: &std::path::Path) {
    const SAMPLES: u64 = 1000;
    let round = |_| {
        let ours = once("answer and score", SAMPLES);
        (ours.rate(), peer::measure(python, SAMPLES).rate())
    };
    let rounds: Vec<(f64, f64)> = (0..RUNS).map(round).collect();
    let ours = median(rounds.iter().map(|round| round.0));
    let peer = median(rounds.iter().map(|round| round.1));
    let what = format!("asked and scored, {SAMPLES}, beside Inspect AI");
    table::row(&what, ours, "/s", Goal::Peer(peer));
}

fn all(role: &str, count: u64) -> Vec<Figures> {
    (0..RUNS).map(|_| once(role, count)).collect()
}

fn once(role: &str, count: u64) -> Figures {
    let folder = tempfile::tempdir().expect("a folder");
    measured::child(role, count, folder.path())
}
