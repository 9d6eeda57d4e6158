//! `cargo xtask bench`: the benchmarks, by name.

use anyhow::Result;

use crate::cargo;
use crate::setup;

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

/// A bench target of one of our crates.
#[derive(Debug)]
pub(crate) struct Bench {
    /// The target's name.
    pub(crate) name: &'static str,
    /// The crate it belongs to.
    pub(crate) package: &'static str,
    /// What it measures.
    what: &'static str,
}

/// Every benchmark, in the order in which they run.
pub(crate) const BENCHES: &[Bench] = &[
    Bench {
        name: "sse",
        package: "backend-http",
        what: "events per second from bytes to typed events, by size of chunk",
    },
    Bench {
        name: "stream",
        package: "backend-http",
        what: "processor time per token and time to first token through HttpTextModel, beside peers",
    },
    Bench {
        name: "backpressure",
        package: "backend-http",
        what: "memory under a reader that takes nothing; time until a dropped stream frees the server",
    },
    Bench {
        name: "start",
        package: "ml-cli",
        what: "`ml generate` from start to first byte, beside curl",
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
    setup::ensure()?;
    let all = || BENCHES.iter().collect();
    let chosen = if args.names.is_empty() {
        all()
    } else {
        args.names.clone()
    };
    for bench in chosen {
        println!("\n{}: {}", bench.name, bench.what);
        cargo::run(&mut cargo::cargo(plan(bench)))?;
    }
    Ok(())
}

/// The arguments of `cargo`.
fn plan(bench: &Bench) -> [&'static str; 5] {
    ["bench", "--package", bench.package, "--bench", bench.name]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_benchmark_is_a_target_of_its_crate() {
        let sse = find("sse").expect("it is in the table");
        assert_eq!(
            plan(sse).join(" "),
            "bench --package backend-http --bench sse"
        );
    }

    #[test]
    fn a_wrong_name_gets_the_right_ones() {
        let error = find("nothing").expect_err("there is no such benchmark");
        assert_eq!(
            error,
            "the benchmarks are: sse, stream, backpressure, start"
        );
    }
}
