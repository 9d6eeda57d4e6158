//! `cargo xtask bench`: the benchmarks, by name.

use anyhow::Result;

use crate::backend;
use crate::cargo;
use crate::setup::{self, Part};

/// Runs the benchmarks, or those named.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which; all without a name.
    #[arg(value_name = "NAME", value_parser = find)]
    names: Vec<&'static Bench>,

    /// Only say which there are.
    #[arg(long)]
    list: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench
  cargo xtask bench sse start
  cargo xtask bench --list";

/// A benchmark.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) name: &'static str,
    pub(crate) home: Home,
    /// What it measures.
    pub(crate) what: &'static str,
    /// What it measures beside ours.
    pub(crate) peer: Option<Peer>,
}

/// A Python that a benchmark measures beside ours.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Peer {
    /// That of the oracles, which `ML_ORACLE_PYTHON` names to the benchmark.
    Oracle,
    /// Inspect AI's, which `ML_INSPECT_PYTHON` names.
    Inspect,
}

/// Where the program of a benchmark is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Home {
    /// These bench targets of this crate.
    Crate(&'static str, &'static [&'static str]),
    /// The only program of a workspace of its own, so that nothing else builds what it compares with; this is its folder.
    Workspace(&'static str),
}

/// Every benchmark, in the order in which they run.
pub(crate) const BENCHES: &[Bench] = &[
    Bench {
        name: "sse",
        home: Home::Crate("backend-http", &["sse"]),
        what: "events per second from bytes to typed events, by size of chunk",
        peer: None,
    },
    Bench {
        name: "stream",
        home: Home::Crate("backend-http", &["stream"]),
        what: "processor time per token and time to first token through HttpTextModel, beside a bare socket",
        peer: None,
    },
    Bench {
        name: "peers",
        home: Home::Workspace("crates/backend-http/benches/peers"),
        what: "the same stream through HttpTextModel, async-openai and genai",
        peer: None,
    },
    Bench {
        name: "backpressure",
        home: Home::Crate("backend-http", &["backpressure"]),
        what: "memory under a reader that takes nothing; time until a dropped stream frees the server",
        peer: None,
    },
    Bench {
        name: "start",
        home: Home::Crate("ml-cli", &["start"]),
        what: "`ml generate` from start to first byte, beside curl",
        peer: None,
    },
    Bench {
        name: "sampling",
        home: Home::Crate("backend-mlx", &["sampling"]),
        what: "from logits to the next token, by the options of the request",
        peer: None,
    },
    Bench {
        name: "mlx",
        home: Home::Crate("backend-mlx", &["mlx"]),
        what: "prompt and decode speed, load time and memory, beside mlx-lm on the same folder",
        peer: Some(Peer::Oracle),
    },
    Bench {
        name: "judge",
        home: Home::Crate("ml-judge", &["cases", "engine"]),
        what: "single scores by name, and bytes per second of the heuristics; samples per second of engine and ledger, beside Inspect AI",
        peer: Some(Peer::Inspect),
    },
];

fn find(name: &str) -> Result<&'static Bench, String> {
    BENCHES
        .iter()
        .find(|bench| bench.name == name)
        .ok_or_else(|| {
            let names: Vec<_> = BENCHES.iter().map(|bench| bench.name).collect();
            format!("the benchmarks are: {}", names.join(", "))
        })
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if args.list {
        for bench in BENCHES {
            println!("{:<14}{}", bench.name, bench.what);
        }
        return Ok(());
    }
    let cache = setup::ensure(Part::ALL)?;
    let all = || BENCHES.iter().collect();
    let chosen = if args.names.is_empty() {
        all()
    } else {
        args.names.clone()
    };
    for bench in chosen {
        println!("\n{}: {}", bench.name, bench.what);
        let mut command = cargo::cargo(plan(bench));
        match bench.peer {
            Some(Peer::Oracle) => {
                command.env("ML_ORACLE_PYTHON", setup::oracle_python(&cache)?);
            }
            Some(Peer::Inspect) => {
                command.env("ML_INSPECT_PYTHON", setup::inspect_python(&cache)?);
            }
            None => {}
        }
        cargo::run(&mut command)?;
    }
    Ok(())
}

/// The arguments of `cargo`.
fn plan(bench: &Bench) -> Vec<String> {
    match bench.home {
        Home::Crate(package, targets) => ["bench", "--package", package]
            .into_iter()
            .chain(targets.iter().flat_map(|target| ["--bench", target]))
            .map(str::to_owned)
            .chain(backend::features_of(|p| p == package))
            .collect(),
        Home::Workspace(folder) => vec![
            "run".to_owned(),
            "--release".to_owned(),
            "--manifest-path".to_owned(),
            format!("{folder}/Cargo.toml"),
            "--target-dir".to_owned(),
            format!("target/{}", bench.name),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_benchmark_is_a_target_of_its_crate_or_a_workspace() {
        let sse = find("sse").expect("it is in the table");
        assert_eq!(
            plan(sse).join(" "),
            "bench --package backend-http --bench sse"
        );
        let peers = find("peers").expect("it is in the table");
        assert_eq!(
            plan(peers).join(" "),
            "run --release --manifest-path crates/backend-http/benches/peers/Cargo.toml --target-dir target/peers"
        );
    }

    #[test]
    fn a_wrong_name_gets_the_right_ones() {
        let error = find("nothing").expect_err("there is no such benchmark");
        assert_eq!(
            error,
            "the benchmarks are: sse, stream, peers, backpressure, start, sampling, mlx, judge"
        );
    }
}
