//! The files of a report.

use ml_judge::Mode;
use ml_judge::report::{Report, ScorerMetadata};

use super::ScoreArgs;
use crate::bulk::Output;
use crate::failure::Failure;

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
    pub(super) fn write(self, report: &Report, metadata: &ScorerMetadata) -> Result<(), Failure> {
        self.scores.fill(|file| match report.run.mode {
            Mode::Legacy202602 => Ok(report.write_scorer_output(metadata, file)?),
            _ => Ok(report.write(file)?),
        })?;
        self.page.map_or(Ok(()), |page| {
            page.fill(|file| Ok(file.write_all(report.html().as_bytes())?))
        })
    }
}
