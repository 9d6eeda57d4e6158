//! What people and machines read of a run.
//!
//! A [`ReportBuilder`] takes what a [`Runner`](crate::Runner) delivers, item by item, and makes a
//! [`Report`]: what was run, every answer with its scores, and the means with their intervals. It
//! is written as JSON, shown as [rows](Report::rows) or as a page of [HTML](Report::html), and
//! [compared](compare) with another one.
//!
//! ```
//! use ml_judge::Mode;
//! use ml_judge::report::{Report, ReportBuilder, RunDescription, RunKind};
//!
//! let run = RunDescription::new(RunKind::Score, Mode::V2, "2026-11-24T00:00:00Z");
//! let report = ReportBuilder::new(run).finish("2026-11-24T00:01:00Z", &Default::default());
//! let mut json = Vec::new();
//! report.write(&mut json)?;
//! assert_eq!(Report::read(&*json)?, report);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod aggregate;
mod builder;
mod compare;
mod counts;
mod error;
mod field;
mod file;
mod html;
mod item;
mod legacy;
mod pass;
mod row;
mod run;
mod sample;
mod suite;

pub use aggregate::Aggregate;
pub use builder::ReportBuilder;
pub use compare::{
    Change, CompareError, FieldComparison, LeftOut, OnlyOne, PairedTest, RunComparison, compare,
};
pub use counts::Counts;
pub use error::ReportError;
pub use field::{Direction, FieldKind};
pub use item::{ItemError, ReportItem};
pub use legacy::{ScorerMetadata, ScorerOutputError};
pub use pass::PassRate;
pub use row::{ComparisonRow, PassRow, Row};
pub use run::{ProbeSetIdentity, RunDescription, RunKind};
pub use suite::{SuiteRun, SuiteTrust};

use serde::{Deserialize, Serialize};

/// What was run, what came of it, and what that says.
///
/// It is held in memory: an item takes its texts and about 0.2 kB, a score 0.2 kB and 80 bytes a
/// field. See [`ReportItem::MAX_TEXT`] for what bounds a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// The version of this form, [`Report::FORMAT`].
    pub format: u32,
    /// What was run.
    pub run: RunDescription,
    /// The suites that scored, by name.
    pub suites: Vec<SuiteRun>,
    /// How much there was of what.
    pub counts: Counts,
    /// The means, by model, suite and field: over all items first, then over each category.
    pub aggregates: Vec<Aggregate>,
    /// What several attempts at each prompt say together, where there are some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passes: Vec<PassRate>,
    /// Every item, in the order of the source.
    pub items: Vec<ReportItem>,
}

impl Report {
    /// The form that is written. Older ones are read, newer ones refused.
    pub const FORMAT: u32 = 1;

    /// The models that answered, in the order in which they first occur.
    pub fn models(&self) -> Vec<&str> {
        let mut models: Vec<&str> = Vec::new();
        for item in &self.items {
            if models.last() != Some(&item.model.as_str()) && !models.contains(&item.model.as_str())
            {
                models.push(&item.model);
            }
        }
        models
    }

    /// The suite of a name.
    pub fn suite(&self, name: &str) -> Option<&SuiteRun> {
        self.suites.iter().find(|suite| suite.name == name)
    }
}

#[cfg(test)]
mod tests;
