//! The engine, the ledger and the runner: samples a second with a model that takes no time,
//! memory, the price of waiting, the way back into a large ledger; beside Inspect AI.
//!
//! `cargo xtask bench judge` runs it and provides Inspect AI. Every measurement is a process of
//! its own.

#![expect(
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "a benchmark prints, and counts far below 2^52"
)]

#[path = "engine/instant.rs"]
mod instant;
#[path = "engine/measured.rs"]
mod measured;
#[path = "engine/peer.rs"]
mod peer;
#[path = "engine/roles.rs"]
mod roles;

use measured::{Figures, median};

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
    samples();
    waiting();
    resuming();
    match peer::python() {
        Some(python) => beside_inspect(&python),
        None => println!("\nInspect AI is not here: `cargo xtask bench judge` provides it"),
    }
}

/// Samples a second and memory.
fn samples() {
    println!("median of {RUNS} runs, texts of 1 kB");
    println!(
        "{:<44} {:>10} {:>10} {:>11} {:>11} {:>9}",
        "", "10k: /s", "200k: /s", "10k: MB", "200k: MB", "growth"
    );
    for (role, what) in roles::SAMPLES {
        let few = all(role, FEW);
        let many = all(role, MANY);
        let resident = |runs: &[Figures]| median(runs.iter().map(|run| run.resident as f64 / 1e6));
        let rate = |runs: &[Figures]| median(runs.iter().map(Figures::rate));
        println!(
            "{what:<44} {:>10.0} {:>10.0} {:>11.1} {:>11.1} {:>9.1}",
            rate(&few),
            rate(&many),
            resident(&few),
            resident(&many),
            resident(&many) - resident(&few),
        );
    }
}

/// Calls of 20 ms, 256 at once.
fn waiting() {
    let [bare, engine, runner] = ["bare", "engine", "runner"].map(|role| all(role, FEW));
    let seconds = |runs: &[Figures]| median(runs.iter().map(|run| run.seconds));
    let ratio = |runs: &[Figures]| {
        median(
            runs.iter()
                .zip(&bare)
                .map(|(run, bare)| run.seconds / bare.seconds),
        )
    };
    println!("\n{FEW} calls of 20 ms, 256 at once, median of {RUNS} runs");
    println!("{:<44} {:>10.3} s", "buffer_unordered(256)", seconds(&bare));
    for (what, runs) in [("engine", &engine), ("runner with its ledger", &runner)] {
        println!("{what:<44} {:>10.3} s {:>8.3}×", seconds(runs), ratio(runs));
    }
}

/// The first new item after 200,000 recorded ones.
fn resuming() {
    let folder = tempfile::tempdir().expect("a folder");
    measured::child("fill", MANY, folder.path());
    println!("\nto the first new item after {MANY} recorded ones, median of {RUNS} runs");
    for (role, what) in [
        ("resume answers", "prompts of 70 bytes, passed over"),
        ("resume scores", "texts of 1 kB, passed over"),
        ("read answers", "prompts of 70 bytes, answers read"),
        ("read scores", "texts of 1 kB, scores read"),
    ] {
        let runs = (0..RUNS).map(|_| measured::child(role, MANY, folder.path()));
        let seconds = median(runs.map(|run| run.seconds));
        println!("{what:<44} {:>10.0} ms", seconds * 1e3);
    }
}

/// The same work by Inspect AI with its mock model.
fn beside_inspect(python: &std::path::Path) {
    const SAMPLES: u64 = 1000;
    let ours = all("answer and score", SAMPLES);
    let peer: Vec<_> = (0..RUNS).map(|_| peer::measure(python, SAMPLES)).collect();
    let rate = |runs: &[Figures]| median(runs.iter().map(Figures::rate));
    println!("\n{SAMPLES} samples answered and scored, median of {RUNS} runs");
    println!("{:<44} {:>10.0} /s", "Inspect AI, mock model", rate(&peer));
    println!("{:<44} {:>10.0} /s", "ours", rate(&ours));
}

fn all(role: &str, count: u64) -> Vec<Figures> {
    let run = |_| {
        let folder = tempfile::tempdir().expect("a folder");
        measured::child(role, count, folder.path())
    };
    (0..RUNS).map(run).collect()
}
