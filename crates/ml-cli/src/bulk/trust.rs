//! What is known of how far a judge is to be believed.

use clap::Args;
use ml_judge::trust::{TrustRecord, TrustSubject, TrustThreshold};
use ml_judge::{Judging, Mode, Suite};

use super::Bulk;
use crate::failure::Failure;

/// When a judge is believed.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Trust")]
pub(crate) struct TrustArgs {
    /// The least that the lower bound of a judge's agreement with people, Krippendorff's alpha,
    /// must be
    #[arg(long, value_name = "ALPHA", default_value_t = TrustThreshold::default().alpha)]
    threshold: f64,

    /// The fewest labelled items that a judge must have been measured on
    #[arg(long, value_name = "N", default_value_t = TrustThreshold::default().items)]
    threshold_items: usize,
}

impl TrustArgs {
    /// The threshold.
    pub(crate) fn threshold(self) -> TrustThreshold {
        TrustThreshold {
            alpha: self.threshold,
            items: self.threshold_items,
        }
    }
}

impl Bulk<'_> {
    /// What was measured of a suite.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub(crate) fn trust_record(
        &self,
        subject: &TrustSubject,
    ) -> Result<Option<TrustRecord>, Failure> {
        let record = self.ledger.trust(&subject.key());
        let record = record.map_err(anyhow::Error::new)?;
        // One that cannot be read is of another version, as good as none.
        Ok(record.and_then(|record| serde_json::from_value(record).ok()))
    }
}

/// What a suite's record is kept under. Seeds do not matter: repeats differ by them.
pub(crate) fn trust_subject(suite: &dyn Suite, mode: Mode) -> TrustSubject {
    let unseeded = |judging: &Judging| {
        let mut judging = judging.clone();
        judging.seed = None;
        judging
    };
    let mut subject = TrustSubject::heuristic(suite.name(), suite.version(), mode);
    subject.judges = suite.judges().iter().map(unseeded).collect();
    subject
}
