//! What users of the crate see: one file per behaviour.

mod legacy_golden;
mod refusal;
