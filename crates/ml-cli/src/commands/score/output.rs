//! The files of a report.

use std::io::Write as _;

use anyhow::Context as _;
use ml_judge::Mode;
use ml_judge::report::{Report, ScorerMetadata};

use super::ScoreArgs;
use crate::bulk::Output;

/// Where scores and the page go.
pub(super) struct Outputs {
    scores: Output,
    page: Option<Output>,
}

impl Outputs {
    /// Prepares to write, so that what cannot be is told before anything is scored.
    pub(super) fn create(args: &ScoreArgs) -> anyhow::Result<Self> {
        Ok(Self {
            scores: Output::create(&args.output)?,
            page: args.html.as_deref().map(Output::create).transpose()?,
        })
    }

    /// Writes the report, in the legacy mode in the form of that time.
    pub(super) fn write(
        mut self,
        report: &Report,
        metadata: &ScorerMetadata,
    ) -> anyhow::Result<()> {
        match report.run.mode {
            Mode::Legacy202602 => report.write_scorer_output(metadata, &mut self.scores)?,
            _ => report.write(&mut self.scores)?,
        }
        self.scores.commit()?;
        if let Some(mut page) = self.page {
            let written = page.write_all(report.html().as_bytes());
            written.context("cannot write the page")?;
            page.commit()?;
        }
        Ok(())
    }
}
