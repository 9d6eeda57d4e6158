//! What was measured, and the table of it.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

/// One process's figures.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Figures {
    /// Seconds.
    load: f64,
    prompt_tokens: u64,
    /// Tokens a second, to the first token.
    prompt_rate: f64,
    generated_tokens: u64,
    /// Tokens a second, after the first token.
    decode_rate: f64,
    /// Bytes, after the single answer.
    resident: u64,
    batch_tokens: u64,
    /// From the first prompt to the last token.
    batch_seconds: f64,
    /// The same prompts one after the other.
    row_seconds: Option<f64>,
    /// Seconds to the first token of a prompt of 501 tokens, and of another one that shares 500.
    first_of_prefix: Option<f64>,
    second_of_prefix: Option<f64>,
}

impl Figures {
    /// Runs a program whose last line is its figures.
    pub(crate) fn from_output(command: &mut Command) -> Self {
        let output = command
            .stderr(Stdio::inherit())
            .output()
            .expect("it can be started");
        assert!(output.status.success(), "{command:?} failed");
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().last().unwrap_or_default();
        serde_json::from_str(line).expect("the last line is its figures")
    }

    fn batch_rate(&self) -> f64 {
        self.batch_tokens as f64 / self.batch_seconds
    }
}

/// One turn of each.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) ours: Figures,
    pub(crate) peer: Figures,
    pub(crate) peer_with_our_blas: Figures,
}

/// All turns on one model.
#[derive(Debug)]
pub(crate) struct Table {
    name: &'static str,
    weights: u64,
    runs: Vec<Measured>,
}

impl Table {
    pub(crate) fn new(name: &'static str, folder: &Path) -> Self {
        let weights = std::fs::metadata(folder.join("model.safetensors"));
        Self {
            name,
            weights: weights.expect("the folder was written").len(),
            runs: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, run: Measured) {
        self.runs.push(run);
    }

    fn median(&self, of: impl Fn(&Measured) -> f64) -> f64 {
        let mut all: Vec<f64> = self.runs.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    }

    fn row(&self, f: &mut fmt::Formatter<'_>, what: &str, of: fn(&Figures) -> f64) -> fmt::Result {
        let ours = self.median(|run| of(&run.ours));
        let peer = self.median(|run| of(&run.peer));
        let shared = self.median(|run| of(&run.peer_with_our_blas));
        let ratio = self.median(|run| of(&run.ours) / of(&run.peer));
        writeln!(
            f,
            "| {what} | {ours:.2} | {peer:.2} | {ratio:.2} | {shared:.2} |"
        )
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MB: f64 = 1e6;
        let first = &self.runs[0].ours;
        let (prompt, generated) = (first.prompt_tokens, first.generated_tokens);
        writeln!(
            f,
            "\n{}, {:.0} MB of weights",
            self.name,
            self.weights as f64 / MB
        )?;
        writeln!(f, "| | ours | mlx-lm | ratio | mlx-lm on our BLAS |")?;
        writeln!(f, "|---|---|---|---|---|")?;
        self.row(f, "load, s", |figures| figures.load)?;
        let what = format!("prompt of {prompt}, tokens/s");
        self.row(f, &what, |figures| figures.prompt_rate)?;
        let what = format!("decode of {generated}, tokens/s");
        self.row(f, &what, |figures| figures.decode_rate)?;
        self.row(f, "resident, MB", |figures| figures.resident as f64 / MB)?;
        self.row(f, "8 at once, tokens/s", Figures::batch_rate)?;
        let gain = |run: &Measured| run.ours.row_seconds.map(|row| row / run.ours.batch_seconds);
        let gain = self.median(|run| gain(run).expect("ours has it"));
        writeln!(f, "\n8 at once take 1/{gain:.2} of the time of 8 in a row.")?;
        let first = self.median(|run| run.ours.first_of_prefix.expect("ours has it"));
        let second = self.median(|run| run.ours.second_of_prefix.expect("ours has it"));
        writeln!(
            f,
            "First token after 501 tokens: {:.0} ms; with 500 of them known: {:.0} ms.",
            first * 1e3,
            second * 1e3
        )
    }
}
