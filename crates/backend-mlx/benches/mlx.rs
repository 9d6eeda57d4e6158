//! The model in our own process beside mlx-lm: the same folder, the same prompts, one after the
//! other in processes of their own.
//!
//! `cargo xtask bench mlx` runs it and provides mlx-lm.

#![expect(
    clippy::cast_precision_loss,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a benchmark prints, and counts far below 2^52"
)]

#[path = "mlx/measured.rs"]
mod measured;
#[path = "mlx/ours.rs"]
mod ours;
#[path = "mlx/peer.rs"]
mod peer;
#[path = "mlx/workload.rs"]
mod workload;

use std::path::Path;

use measured::{Measured, Table};
use workload::{Models, Workload};

/// Runs of each, in turns.
const RUNS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let [_, ours::ROLE, folder, workload] = words[..] {
        let workload = serde_json::from_str(workload).expect("we wrote it");
        println!("{}", ours::run(Path::new(folder), &workload));
        return;
    }
    let only = arguments.iter().skip(1).find(|word| !word.starts_with('-'));
    let workload = Workload::default();
    let models = Models::provide();
    let python = peer::python();
    for (name, folder) in models.folders() {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let mut table = Table::new(name, &folder);
        for run in 1..=RUNS {
            eprintln!("{name}: run {run} of {RUNS}");
            table.add(Measured {
                ours: ours::measure(&folder, &workload),
                peer: peer::measure(&python, &folder, &workload, peer::Blas::Wheel),
                peer_with_our_blas: peer::measure(&python, &folder, &workload, peer::Blas::Ours),
            });
        }
        println!("{table}");
    }
}
