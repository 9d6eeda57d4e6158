//! How far a judge, or a heuristic, agrees with people.
//!
//! [`Gold`] is answers that people labelled. What a suite makes of them becomes a
//! [`JudgedItem`] each, [`Measurement`] makes a [`TrustRecord`] of all of them, and
//! [`Trust::of`] says whether the record is good enough. Nothing here asks a model.

mod columns;
mod consensus;
mod gold;
mod measure;
mod record;
mod threshold;

pub use columns::{Columns, ColumnsError};
pub use consensus::Consensus;
pub use gold::{Format, Gold, GoldError, GoldItem};
pub use measure::{JudgedItem, Judgment, Measurement};
pub use record::{
    Agreement, Alphas, GoldIdentity, LabelScale, Reliability, TrustRecord, TrustSubject,
};
pub use threshold::{Trust, TrustThreshold};

#[cfg(test)]
mod tests;
